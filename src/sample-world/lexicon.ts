/**
 * @file The words of the sample world by meaning class, such as things that can be eaten, read, worn or opened.
 *
 * Classes are chosen so that random sentences nearly always make sense, because a small model learns from the text (and
 * the evaluation sets test) which words go together.
 */

import { type Noun, noun, type Verb, verb } from "./morphology";

/** Meaning classes of nouns. */
export type Kind =
  | "person"
  | "animal"
  | "food"
  | "container"
  | "furniture"
  | "clothing"
  | "toy"
  | "tool"
  | "vehicle"
  | "building"
  | "land"
  | "water"
  | "plant"
  | "sky"
  | "text"
  | "thing"
  | "event"
  | "contest"
  | "idea"
  | "body";

const words = (text: string): string[] => text.trim().split(/\s+/);
/** A word list in which `_` stands for a blank inside a compound. */
const nouns = (text: string): Noun[] => words(text).map((w) => noun(w.replace(/_/g, " ")));

export const NOUNS: Record<Kind, readonly Noun[]> = {
  person: nouns(`man woman boy girl child farmer baker teacher doctor nurse sailor painter singer dancer writer cook
    gardener shepherd miller tailor weaver potter carpenter blacksmith fisherman fisherwoman guard judge mayor merchant
    messenger neighbor student traveler visitor guest friend cousin uncle aunt grandmother grandfather mother father
    sister brother daughter son wife husband librarian driver pilot hunter thief hero king queen prince princess clerk
    musician actor beekeeper clockmaker grandchild stranger waiter waitress postman captain soldier`),
  animal: nouns(`dog cat horse cow pig goat sheep duck goose hen rabbit mouse fox wolf bear deer owl crow swan frog toad
    snake lizard turtle otter beaver badger hedgehog squirrel bat bee butterfly beetle spider snail salmon trout eel crab
    whale seal donkey ox pony kitten puppy lamb calf robin sparrow eagle heron pigeon rat mole fish`),
  food: nouns(`apple pear plum cherry carrot potato tomato onion cabbage bean egg loaf cake pie pancake cookie sandwich
    sausage dumpling noodle berry nut melon lemon mushroom pumpkin turnip bun biscuit muffin pudding grape peach
    walnut omelet waffle`),
  container: nouns(
    "box basket bag bottle jar cup bowl bucket barrel drawer chest pot pan kettle jug sack purse crate tin vase",
  ),
  furniture: nouns("table chair bed bench shelf lamp desk stool cupboard sofa rug curtain mirror pillow blanket clock"),
  clothing: nouns(
    "hat coat scarf shirt dress skirt shoe boot glove sock jacket sweater belt apron cap vest cloak mitten sandal tie",
  ),
  toy: nouns("ball doll kite puzzle drum whistle balloon puppet swing marble top block"),
  tool: nouns(`hammer saw knife needle brush broom shovel rake axe rope ladder net wheel spoon fork key lantern hook
    basin sickle chisel`),
  vehicle: nouns("cart boat wagon train bus bicycle sled truck ship ferry"),
  building: nouns(`house barn school shop market mill bakery library church tower bridge inn harbor station castle cabin
    kitchen garden farm museum theater hospital stable workshop forge lighthouse palace bank town village`),
  land: nouns("hill mountain forest field island beach cave valley meadow path road yard square"),
  water: nouns("river lake pond stream bay"),
  plant: nouns("tree flower bush rose leaf branch root seed tulip oak fern weed"),
  sky: nouns("cloud star rainbow storm moon sunset"),
  text: nouns("book letter song story poem map picture note newspaper diary play recipe list sign riddle message"),
  thing: nouns(`coin ring button ribbon candle bell gift medal photo ticket flag crown necklace comb pencil stamp card
    statue window door gate wall fence roof chimney thread pebble bone stone shell feather nest`),
  event: nouns("party trip lesson wedding feast dance concert meeting holiday birthday journey picnic parade"),
  contest: nouns("game race contest prize match"),
  idea: nouns("plan idea secret promise question answer problem dream joke mistake rule wish task"),
  body: nouns("hand foot tooth arm leg ear eye nose finger knee head back"),
};

/** Foods without a plural form. */
export const MASS_FOODS: readonly string[] = words(
  "bread butter cheese honey soup rice salt sugar jam meat flour cream porridge corn",
);

/** Roles that are always "she" or always "he"; every other role can be either. */
export const GENDER: Record<string, "f" | "m"> = {
  man: "m",
  boy: "m",
  uncle: "m",
  grandfather: "m",
  father: "m",
  brother: "m",
  son: "m",
  husband: "m",
  king: "m",
  prince: "m",
  waiter: "m",
  fisherman: "m",
  woman: "f",
  girl: "f",
  aunt: "f",
  grandmother: "f",
  mother: "f",
  sister: "f",
  daughter: "f",
  wife: "f",
  queen: "f",
  princess: "f",
  waitress: "f",
  fisherwoman: "f",
};

/** Nouns for a person by relation to another; used with "of the ..." or "'s". */
export const RELATIONAL = nouns(
  "sister brother friend cousin uncle aunt neighbor grandmother grandfather teacher daughter son",
);

export const FEMALE_NAMES = words(`Mara Lena Tilda Nora Ida Selma Rosa Hanna Wilma Petra Clara Edda Vera Anna Mina Greta
  Lotta Sanna Juna Fenna Dora Elsa Runa Thea Willa Bettina Nell Hazel Marta Ilse Karin Olga Paula Ruth Sofia Tessa Alma
  Britta Celia Freda`);
export const MALE_NAMES = words(`Tomas Oskar Bruno Emil Jorn Piet Karel Milo Anton Hugo Felix Arlo Otto Rufus Simon Lars
  Nils Walter Boris Casper Edgar Finn Gustav Henrik Ivo Jasper Kurt Leo Magnus Ned Peter Ralf Stefan Theo Ulf Victor
  Willem Konrad Bernd Albert`);
export const FAMILY_NAMES = words(`Fenn Marrow Holt Brook Tallow Quill Reed Ashby Thorn Winter Vale Lorne Pike Harrow
  Stell Grove Dunn Ferris Moss Hale Wick Orrin Bell Lunt Crane Sedge Toll Varga Birch Kettle`);

export const PET_NAMES = words(`Pip Biscuit Shadow Button Clover Dusty Pepper Rusty Socks Tiger Velvet Whisper Bramble
  Cricket Daisy Ember Ginger Hopper Misty Nutmeg`);
export const TOWN_NAMES =
  words(`Tarn Millbrook Osterly Fernhollow Grayford Pell Dunmere Saltwick Hollin Westmere Brindle
  Larkstow Ambry Coldwater`);

/** Arguments of a verb: subject and object classes. */
export interface TransitiveFrame {
  verb: Verb;
  subject: readonly ("person" | "animal")[];
  object: readonly Kind[];
  /** Can be reflexive: "hurt herself". */
  reflexive?: boolean;
}

const frame = (verbs: string, object: string, subject = "person"): TransitiveFrame[] =>
  words(verbs).map((v) => ({
    verb: verb(v.replace(/_/g, " ")),
    subject: words(subject) as ("person" | "animal")[],
    object: words(object) as Kind[],
  }));

export const TRANSITIVE: readonly TransitiveFrame[] = [
  ...frame("eat taste", "food", "person animal"),
  ...frame("cook bake share serve peel slice burn", "food"),
  ...frame("buy sell steal", "food clothing tool thing toy furniture vehicle"),
  ...frame("see find hear watch follow", "person animal", "person animal"),
  ...frame("chase bite scare catch", "animal", "animal"),
  ...frame("feed pet wash brush train rescue", "animal"),
  ...frame("help thank visit meet hug teach invite greet call marry trust admire forgive tease", "person"),
  ...frame("like love hate remember miss", "person animal food event text"),
  ...frame("fear", "animal person", "person animal"),
  ...frame("carry drop lose hide hold bring take keep lift throw", "container toy tool thing"),
  ...frame("clean mend break move polish", "furniture thing tool toy"),
  ...frame("paint sketch", "furniture toy land building person animal"),
  ...frame("open close fill empty", "container"),
  ...frame("read write copy", "text"),
  ...frame("wear knit sew fold mend wash", "clothing"),
  ...frame("build visit leave enter guard", "building"),
  ...frame("cross", "water land"),
  ...frame("plant water pick smell", "plant"),
  ...frame("watch notice", "sky"),
  ...frame("drive push repair pull steer", "vehicle"),
  ...frame("plan enjoy remember attend", "event"),
  ...frame("win lose watch", "contest"),
  ...frame("discuss explain forget", "idea"),
  ...frame("wash hurt raise", "body"),
];

/** Stative verbs: no progressive, no manner. */
export const STATIVE = new Set(words("like love hate fear trust admire remember miss know forget keep own believe"));

/** "gave Mara the letter", "gave the letter to Mara". */
export const DITRANSITIVE: readonly TransitiveFrame[] = [
  ...frame("give show send bring lend sell", "toy tool thing text clothing"),
  ...frame("offer serve", "food"),
];

/** Motion with a goal: "walked to the market". */
export const MOTION: readonly Verb[] = words("walk run go come travel drive return hurry ride march").map(verb);
export const GOAL_PREPOSITIONS = words("to into from through past toward around");

/** Verbs with "to" and a verb phrase. */
export const INFINITIVE_VERBS: readonly Verb[] = words(
  "want try hope plan begin learn forget promise decide refuse need agree",
).map(verb);

/** Verbs that often take a reflexive object; used for binding items and reflexive sentences. */
export const REFLEXIVE_VERBS = words(
  "hurt wash help admire praise blame see hear teach trust cut hide enjoy paint forgive surprise introduce",
).map(verb);

export const INTRANSITIVE: Record<"person" | "animal" | "thing", readonly Verb[]> = {
  person: words(
    "sleep run laugh cry wait walk swim sing dance work rest arrive smile jump fall sneeze whisper shout travel return cough yawn shiver wake sit stand leave practice retire complain",
  ).map(verb),
  animal: words("sleep run wait swim jump hide rest eat drink hunt play fall return wake shiver limp").map(verb),
  thing: words("fall break sink float roll shine burn disappear shake stop move crack").map(verb),
};

/** Verbs with a clause as complement: "say that ...". */
export const CLAUSE_VERBS = words("say think know believe hope hear dream remember notice claim explain forget").map(
  verb,
);

export const ADJECTIVES = {
  /** For anything one can see. */
  size: words("big small tiny huge"),
  color: words("red blue green yellow black white brown gray pink purple orange golden silver"),
  thing: words(
    "old new broken clean dirty heavy light beautiful strange cheap expensive useful wooden round soft hard smooth rough shiny dusty empty simple fine",
  ),
  person: words(
    "old young tall short kind happy sad angry brave shy clever lazy busy tired hungry friendly quiet noisy famous rich poor proud polite honest gentle careful curious generous nervous cheerful foolish patient lonely strong weak rude wise",
  ),
  animal: words(
    "old young big small hungry gentle wild tame brave shy clever lazy quick slow fierce noisy quiet thirsty tired playful fat thin spotted striped",
  ),
  food: words("sweet sour fresh warm cold salty delicious ripe tasty hot dry spicy bitter crisp"),
  place: words("old new quiet busy famous small large lovely dark bright narrow wide distant empty peaceful crowded"),
  text: words("long short funny sad famous old new strange boring exciting secret lovely"),
  idea: words("good bad new strange simple difficult exciting secret long short important terrible wonderful silly"),
} as const;

export const ADVERBS = {
  manner: words(
    "quickly slowly quietly loudly carefully happily sadly gently bravely angrily proudly politely suddenly secretly badly well easily eagerly neatly lazily calmly",
  ),
  frequency: words("often always usually sometimes rarely never"),
  past: [
    "yesterday",
    "last week",
    "last night",
    "last summer",
    "last winter",
    "two days ago",
    "this morning",
    "a long time ago",
    "on Monday",
    "on Friday",
    "on Sunday",
    "after lunch",
    "before breakfast",
    "in the spring",
    "in the autumn",
  ],
  future: ["tomorrow", "next week", "soon", "next summer", "tonight", "one day", "on Saturday", "after dinner"],
  present: ["every day", "every morning", "every evening", "on Sundays", "in the summer", "in the winter", "at night"],
};

/** Adjectives with both possible nouns, by suffix, for word lessons and for the WUG sets. */
export const DERIVED = {
  able: words("wash break read use move love reli adapt enjoy port lik comfort afford bear notice laugh valu cur").map(
    (stem) => `${stem.replace(/e$/, "")}able`,
  ),
  ish: words("fool child self styl redd boy girl fever sheep snobb wolf green").map((stem) => `${stem}ish`),
  ive: words("act mass creat attent talkat product support effect secret defens impress instruct").map(
    (stem) => `${stem}ive`,
  ),
  ous: words("curi gener nerv danger fam joy furi por vigor monstr lumin fabul").map((stem) => `${stem}ous`),
} as const;

/** -ity form: washability, foolishity, activity, curiosity. */
export function ityForm(adjective: string): string {
  if (adjective.endsWith("able")) return `${adjective.slice(0, -4)}ability`;
  if (adjective.endsWith("ive")) return `${adjective.slice(0, -1)}ity`;
  if (adjective.endsWith("ous")) return `${adjective.slice(0, -3)}osity`;
  return `${adjective}ity`;
}

/** Places with their preposition for "being there"; "near", "behind" and similar go with all of them. */
export const PLACES: readonly { noun: string; at: string }[] = [
  ...words(
    "house barn shop market mill bakery library church tower inn harbor castle cabin kitchen garden museum theater hospital stable workshop forge lighthouse palace bank town village forest field cave valley meadow yard",
  ).map((noun) => ({ noun, at: "in" })),
  ...words("bridge hill mountain island beach path road square farm ferry roof").map((noun) => ({ noun, at: "on" })),
  ...words("station school gate river lake pond stream").map((noun) => ({ noun, at: "at" })),
];
export const PLACE_PREPOSITIONS = words("near behind beside outside");
