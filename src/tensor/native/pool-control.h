// What only the addon needs of the pool.

#ifndef CLASS_IT_POOL_CONTROL_H
#define CLASS_IT_POOL_CONTROL_H

#include <stddef.h>

void pool_set_threads(int count);
void *aligned_memory(size_t bytes); // freed with free(); NULL when there is none
size_t scratch_bytes(void);

#endif
