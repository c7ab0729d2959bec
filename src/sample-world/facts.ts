/**
 * @file Facts about kinds in the sample world, written by hand: animals, jobs, materials, consequences. All texts and
 * tasks use these tables, so all files are consistent.
 */

export interface AnimalKind {
  name: string;
  group: "bird" | "fish" | "mammal" | "insect" | "reptile";
  /** Verb phrase after "can". */
  can: string;
  /** Verb phrase after "cannot". */
  cannot: string;
  home: string;
  eats: string;
  body: string;
  color: string;
  size: "small" | "large";
  active: "day" | "night";
}

const ANIMAL_TABLE = `
owl|bird|fly in the dark|swim|old trees|mice|round eyes|brown|small|night
crow|bird|learn new tricks|swim|tall trees|seeds|black feathers|black|small|day
swan|bird|swim on the lake|climb trees|quiet lakes|grass|a long neck|white|large|day
duck|bird|swim on the pond|climb trees|small ponds|grass|a flat beak|green|small|day
goose|bird|swim on the river|climb trees|wet fields|grass|a long neck|gray|large|day
hen|bird|lay eggs|swim|small sheds|corn|short wings|brown|small|day
eagle|bird|fly very high|swim|high mountains|fish|strong wings|brown|large|day
heron|bird|stand on one leg|bark|wet meadows|fish|long legs|gray|large|day
sparrow|bird|sing in the morning|swim|thick bushes|seeds|short wings|brown|small|day
robin|bird|sing in the winter|swim|quiet gardens|worms|a red breast|red|small|day
pigeon|bird|find the way home|swim|high roofs|seeds|soft feathers|gray|small|day
salmon|fish|jump up the stream|walk on land|cold rivers|insects|silver scales|pink|large|day
trout|fish|hide under stones|walk on land|clear streams|insects|spotted scales|brown|small|day
eel|fish|swim in the dark|fly|muddy rivers|small fish|a long body|black|small|night
dog|mammal|bark at strangers|fly|warm houses|meat|sharp teeth|brown|small|day
cat|mammal|catch mice|fly|warm houses|fish|soft fur|black|small|night
horse|mammal|pull a cart|fly|dry stables|grass|strong legs|brown|large|day
cow|mammal|give milk|fly|green meadows|grass|two horns|white|large|day
pig|mammal|smell roots|fly|muddy yards|turnips|a flat nose|pink|large|day
goat|mammal|climb steep rocks|fly|rocky hills|leaves|two horns|white|small|day
sheep|mammal|give wool|fly|green hills|grass|thick wool|white|small|day
donkey|mammal|carry heavy bags|fly|dry stables|grass|long ears|gray|large|day
rabbit|mammal|dig holes|fly|dry fields|carrots|long ears|brown|small|day
mouse|mammal|hide in small holes|fly|old barns|corn|a long tail|gray|small|night
fox|mammal|run without a sound|fly|thick bushes|rabbits|a thick tail|red|small|night
wolf|mammal|howl at the moon|fly|dark forests|deer|sharp teeth|gray|large|night
bear|mammal|sleep all winter|fly|deep caves|honey|thick fur|brown|large|day
deer|mammal|run very fast|fly|quiet forests|leaves|thin legs|brown|large|day
otter|mammal|swim under water|fly|river banks|fish|thick fur|brown|small|day
beaver|mammal|build dams|fly|slow rivers|bark|a flat tail|brown|small|night
badger|mammal|dig long tunnels|fly|dark forests|worms|strong feet|gray|small|night
hedgehog|mammal|roll into a ball|fly|old gardens|snails|sharp spines|brown|small|night
squirrel|mammal|climb trees|swim under water|tall trees|nuts|a thick tail|red|small|day
bat|mammal|fly at night|bark|dark caves|insects|thin wings|black|small|night
whale|mammal|swim across the sea|walk on land|deep seas|small fish|a huge body|blue|large|day
seal|mammal|dive for a long time|fly|cold beaches|fish|smooth skin|gray|large|day
mole|mammal|dig in the dark|fly|soft fields|worms|tiny eyes|black|small|night
bee|insect|make honey|bark|wooden hives|nectar|four wings|yellow|small|day
butterfly|insect|fly over flowers|bark|sunny gardens|nectar|four wings|orange|small|day
beetle|insect|walk up walls|bark|rotten wood|leaves|a hard shell|green|small|day
snake|reptile|move without legs|fly|warm rocks|mice|smooth scales|green|small|day
lizard|reptile|run up walls|fly|dry walls|insects|a long tail|green|small|day
turtle|reptile|hide in a shell|fly|warm ponds|leaves|a hard shell|green|small|day
`;

export const ANIMALS: readonly AnimalKind[] = table(ANIMAL_TABLE).map((c) => ({
  name: c[0],
  group: c[1] as AnimalKind["group"],
  can: c[2],
  cannot: c[3],
  home: c[4],
  eats: c[5],
  body: c[6],
  color: c[7],
  size: c[8] as AnimalKind["size"],
  active: c[9] as AnimalKind["active"],
}));

/** Facts about every member of a group: "a bird has feathers". */
export const GROUP_FACTS: Record<AnimalKind["group"], { has: string; can: string }> = {
  bird: { has: "feathers", can: "lay eggs" },
  fish: { has: "fins", can: "live in water" },
  mammal: { has: "hair", can: "feed its young with milk" },
  insect: { has: "six legs", can: "live for one summer" },
  reptile: { has: "cold blood", can: "lie in the sun all day" },
};

export interface Job {
  name: string;
  place: string;
  /** Verb (base form) and object: "bake", "bread". */
  verb: string;
  object: string;
  tool: string;
  trait: string;
}

const JOB_TABLE = `
baker|bakery|bake|bread|oven|early
farmer|farm|grow|corn|plow|strong
teacher|school|teach|children|blackboard|patient
doctor|hospital|treat|patients|thermometer|careful
nurse|hospital|look after|patients|bandage|gentle
sailor|harbor|sail|ships|compass|brave
painter|studio|paint|pictures|brush|quiet
singer|theater|sing|songs|microphone|cheerful
gardener|garden|plant|flowers|shovel|patient
shepherd|meadow|watch|sheep|staff|calm
miller|mill|grind|flour|millstone|strong
tailor|workshop|sew|coats|needle|careful
weaver|workshop|weave|blankets|loom|patient
potter|workshop|shape|bowls|wheel|calm
carpenter|workshop|build|tables|hammer|strong
blacksmith|forge|shape|iron|anvil|strong
fisher|lake|catch|trout|net|patient
judge|court|settle|quarrels|law book|honest
librarian|library|lend|books|catalog|quiet
beekeeper|orchard|collect|honey|hive|calm
clockmaker|shop|repair|clocks|magnifying glass|careful
pilot|airfield|fly|planes|map|brave
driver|station|drive|buses|timetable|polite
merchant|market|sell|silk|scale|clever
cook|inn|cook|soup|kettle|busy
musician|theater|play|music|violin|cheerful
writer|study|write|novels|pen|lonely
guard|palace|guard|gates|spear|proud
courier|post office|deliver|letters|bicycle|quick
hunter|forest|follow|deer|bow|silent
`;

export const JOBS: readonly Job[] = table(JOB_TABLE).map((c) => ({
  name: c[0],
  place: c[1],
  verb: c[2],
  object: c[3],
  tool: c[4],
  trait: c[5],
}));

export interface Material {
  name: string;
  adjective: string;
  /** Effect of dropping, heating or wetting it: a verb phrase in the present, third person. */
  dropped: string;
  heated: string;
  wetted: string;
  things: string[];
}

const MATERIAL_TABLE = `
glass|smooth|breaks into pieces|glows and bends|becomes shiny|bottle,vase,window
wood|hard|makes a dull sound|burns with a flame|floats on the water|table,chair,bowl
stone|heavy|stays in one piece|becomes hot but does not burn|sinks at once|wall,bridge,tower
wool|soft|makes no sound|smells bad and turns black|becomes heavy and wet|scarf,blanket,sweater
paper|thin|makes no sound|burns with a flame|becomes weak and tears|letter,map,book
iron|hard|makes a loud ring|glows red|rusts after a while|gate,hammer,anchor
ice|cold|breaks into pieces|melts away|floats on the water|castle,statue,ball
clay|soft|breaks into pieces|becomes hard|turns to mud|pot,cup,bowl
rubber|stretchy|bounces back|melts and smells bad|stays dry inside|ball,boot,balloon
wax|soft|makes a dull sound|melts away|floats on the water|candle,doll,seal
cotton|light|makes no sound|burns with a flame|becomes heavy and wet|shirt,sheet,dress
gold|heavy|makes a soft ring|glows and melts|stays bright|ring,crown,coin
leather|tough|makes a dull sound|becomes dry and hard|becomes dark and stiff|boot,belt,bag
`;

export const MATERIALS: readonly Material[] = table(MATERIAL_TABLE).map((c) => ({
  name: c[0],
  adjective: c[1],
  dropped: c[2],
  heated: c[3],
  wetted: c[4],
  things: c[5].split(","),
}));

export type Area = "physical" | "social" | "body" | "motion";

/**
 * Everyday events and their effects: condition (past, without subject), consequence. {she} {him} {her} {self} agree
 * with the subject.
 */
export const CONSEQUENCES: readonly { when: string; effect: string; area: Area }[] = table(`
put the pot on the fire|the water began to boil|physical
left the ice in the sun|the ice melted|physical
dropped the glass on the floor|the glass broke|physical
threw the stone into the lake|the stone sank|physical
put the seed into the ground|a small plant grew|physical
left the milk out for a week|the milk turned sour|physical
put the wood into the stove|the wood burned|physical
cut the rope|the bell fell down|physical
blew out the candle|the room became dark|physical
opened the window in the storm|the rain came in|physical
filled the balloon with air|the balloon grew bigger|physical
put the wet shirt on the line|the shirt became dry|physical
left the iron gate in the rain|the gate became rusty|physical
shook the apple tree|the apples fell down|physical
pulled the plug|the bath became empty|physical
turned the key|the door opened|physical
gave {her} friend a gift|{her} friend thanked {her}|social
told a funny joke|everyone laughed|social
broke a promise|{her} friend was disappointed|social
helped an old man cross the road|the old man was grateful|social
shouted in the library|the librarian was angry|social
shared {her} cake with the class|the children were happy|social
lost the race by one step|{she} was disappointed with {self}|social
forgot {her} mother's birthday|{her} mother was sad|social
told a lie to the judge|the judge did not trust {him}|social
won the first prize|{her} parents were proud|social
did not sleep all night|{she} was tired in the morning|body
did not eat all day|{she} was hungry in the evening|body
ran up the steep hill|{she} was out of breath|body
ate too many plums|{she} had a stomach ache|body
walked home in the rain|{her} clothes were wet|body
sat too long in the sun|{her} skin turned red|body
drank a cup of hot tea|{she} felt warm again|body
pushed the cart down the hill|the cart rolled faster and faster|motion
let go of the kite|the kite flew away|motion
threw the ball into the air|the ball came down again|motion
put the small boat on the river|the boat floated away|motion
opened the cage|the bird flew out|motion
leaned on the old shelf|the shelf fell over|motion
pulled the rope of the bell|the bell rang|motion
kicked the pebble into the pond|small rings ran over the water|motion
dropped the feather from the tower|the feather sailed slowly to the ground|motion
gave the swing a push|the swing went up and down|motion
stopped the wheel with {her} hand|the mill stood still|motion
cut {her} finger with a knife|{her} finger was bleeding|body
`).map((c) => ({ when: c[0], effect: c[1], area: c[2] as Area }));

/** A trait and the behaviour of people with it: verb phrase in the present, third person. {her} {self} agree. */
export const TRAITS: readonly { trait: string; does: string }[] = table(`
generous|gives half of {her} bread away
brave|goes into the dark cave first
shy|hides behind the door when guests come
honest|always tells the truth
lazy|stays in bed until noon
curious|asks a hundred questions a day
polite|says thank you after every meal
proud|talks about {self} all day
patient|waits for hours without a word
nervous|jumps at every little sound
cheerful|sings on the way to work
careful|looks twice before every step
rude|laughs at the clothes of other people
clever|finds an answer to every riddle
lonely|eats every dinner alone
forgetful|leaves {her} keys on the table every day
`).map((c) => ({ trait: c[0], does: c[1] }));

/** Converse relations: if A is the teacher of B, B is the student of A. */
export const TIES: readonly [string, string][] = [
  ["teacher", "student"],
  ["doctor", "patient"],
  ["parent", "child"],
  ["host", "guest"],
  ["master", "apprentice"],
  ["boss", "worker"],
  ["owner", "servant"],
  ["grandparent", "grandchild"],
];

export function animalKind(name: string): AnimalKind {
  const found = ANIMALS.find((a) => a.name === name);
  if (found === undefined) throw new Error(`animalKind: no ${name} in the table`);
  return found;
}

function table(text: string): string[][] {
  return text
    .trim()
    .split("\n")
    .map((line) => line.split("|"));
}
