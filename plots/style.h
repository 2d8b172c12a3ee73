/* The look of every figure in one struct: sizes in points (1/72 inch), colours as 0xRRGGBB.
 *
 * Colours are those of Okabe and Ito, told apart by people with any colour vision; dash and marker change with the
 * colour, so that a figure also survives a black-and-white printer.
 */
#ifndef PL_PLOTS_STYLE_H
#define PL_PLOTS_STYLE_H

enum { STYLE_COLOURS = 8 };

typedef struct plot_style {
    double dpi;                              /* of PNG */
    double page_width, page_height;          /* a figure of one panel */
    double pair_width, pair_height;          /* each of two panels */
    double small_width, small_height;        /* each of a grid of small multiples */
    double text, tick_text, small_text;      /* titles and labels; ticks and line ends; provenance */
    double line, thin, grid, axis;           /* widths */
    double tick, minor_tick, marker;         /* lengths; diameter */
    double band_alpha, run_alpha;
    double label_width;                      /* most that a line-end label may take */
    unsigned colours[STYLE_COLOURS];
    unsigned ink, grey, pale, shade;         /* text and axes; provenance; grid; what was left out */
    double dashes[STYLE_COLOURS][4];         /* on, off, on, off; 0: solid from there */
} plot_style;

static const plot_style style = {
    .dpi = 200,
    .page_width = 6.4 * 72, .page_height = 4.0 * 72,
    .pair_width = 3.0 * 72, .pair_height = 2.4 * 72,
    .small_width = 2.4 * 72, .small_height = 1.9 * 72,
    .text = 9, .tick_text = 8, .small_text = 6,
    .line = 1.3, .thin = .4, .grid = .4, .axis = .7,
    .tick = 3, .minor_tick = 1.6, .marker = 3.6,
    .band_alpha = .18, .run_alpha = .28,
    .label_width = 112,
    .colours = {0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0xF0E442, 0x000000},
    .ink = 0x1A1A1A, .grey = 0x757575, .pale = 0xDDDDDD, .shade = 0xF1F1F1,
    .dashes = {{0}, {5, 1.6}, {1.4, 1.4}, {6, 1.5, 1.4, 1.5}, {9, 2}, {3, 1.2}, {3, 1.2, 1, 1.2}, {2.5, 2.5}},
};

#endif
