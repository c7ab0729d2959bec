// The two functions of string.h that the kernels use, as WebAssembly's bulk memory instructions.

#ifndef CLASS_IT_STRING_H
#define CLASS_IT_STRING_H

#define memcpy(to, from, bytes) __builtin_memcpy(to, from, bytes)
#define memset(to, value, bytes) __builtin_memset(to, value, bytes)

#endif
