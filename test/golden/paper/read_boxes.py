"""Read the box plots of the authors' poster from its pixels: writes data/paper/poster-boxes.csv.

Usage: python read_boxes.py FOLDER_WITH_THE_POSTER_IMAGES > data/paper/poster-boxes.csv
Needs Pillow and NumPy. fig-12.png is the paper's figure 3 (the poster calls it 4), fig-13.png its figure 6. One pixel is
0.005 (figure 3) or 0.006 (figure 6) standard deviations.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

PLOTS = [  # figure, image, two labelled grid lines as (pixel, z), models from top to bottom
    ("3", "fig-12.png", (307, -1.5), (910, 1.5), [
        "llama100M_pt", "llama100M_it_merged", "llama140M_it_switch", "llama140M_pt", "llama140M_it_wiki_switch",
        "llama140M_it_wiki", "llama140M_it_switch_wiki", "llama140M_it_merged"]),
    ("6", "fig-13.png", (301, -1.5), (962, 2.5), [
        "llama100M_it_merged", "llama100M_pt", "llama140M_it_merged", "llama140M_it_switch", "llama140M_it_wiki_switch",
        "llama140M_pt", "llama140M_it_wiki", "llama140M_it_switch_wiki"]),
]
LEFT, TOP, BOTTOM = 244, 31, 722  # the frame, in pixels
LINE = 87  # every line of a box has exactly this grey; the grid and the line at zero have others


def lines(row):
    return [x for x in range(LEFT, len(row) - 12) if (row[x] == LINE).all()]


print("figure,model,low,q1,median,q3,high,outliers")
for figure, name, (x0, z0), (x1, z1), models in PLOTS:
    image = np.asarray(Image.open(Path(sys.argv[1]) / name).convert("RGB")).astype(int)
    z = lambda x: f"{z0 + (x - x0) * (z1 - z0) / (x1 - x0):.2f}"
    pitch = (BOTTOM - TOP) / len(models)
    for i, model in enumerate(models):
        centre = round(TOP + (i + 0.5) * pitch)
        # caps reach 18 pixels from the middle, rings only 5; several rows, since the dashes at zero hide a line
        five = sorted({x for dy in range(8, 18) for x in lines(image[centre + dy])})
        if len(five) != 5:
            sys.exit(f"figure {figure}, {model}: want five lines, found them at {five}")
        low, high = five[0], five[-1]
        sides = sorted({x for dy in (-1, 0, 1) for x in lines(image[centre + dy]) if x < low or x > high})
        outliers = [(a + b) / 2 for a, b in zip(sides[::2], sides[1::2])]  # a ring has two sides
        print(",".join([figure, model, *(z(x) for x in five), " ".join(z(x) for x in outliers)]))
