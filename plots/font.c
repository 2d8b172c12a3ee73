#include "plots/font.h"

#include <cairo-ft.h>
#include <stdlib.h>
#include "sim/base/field.h"
#include "sim/base/fs.h"

static const char *const places[] = {
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",      /* Debian, Ubuntu: fonts-dejavu-core */
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",    /* Fedora */
    "/usr/share/fonts/TTF/DejaVuSans.ttf",                  /* Arch */
    "/usr/share/fonts/dejavu/DejaVuSans.ttf",               /* Alpine, older Fedora */
    "/usr/local/share/fonts/dejavu/DejaVuSans.ttf",         /* BSD */
    "/opt/homebrew/share/fonts/DejaVuSans.ttf",
};

/* What Cairo's face keeps alive: both are released with the last reference to the face. */
typedef struct loaded_font {
    FT_Library library;
    FT_Face face;
} loaded_font;

static const cairo_user_data_key_t loaded_key;

static void unload(void *data)
{
    loaded_font *font = data;
    if (font->face) FT_Done_Face(font->face);
    if (font->library) FT_Done_FreeType(font->library);
    pl_free(font);
}

static cairo_font_face_t *load(const char *path)
{
    loaded_font *font = pl_alloc(sizeof *font);
    if (!font) return NULL;
    if (FT_Init_FreeType(&font->library) || FT_New_Face(font->library, path, 0, &font->face)) {
        unload(font);
        return NULL;
    }
    cairo_font_face_t *face = cairo_ft_font_face_create_for_ft_face(font->face, 0);
    if (!cairo_font_face_status(face) && !cairo_font_face_set_user_data(face, &loaded_key, font, unload)) return face;
    cairo_font_face_destroy(face);
    unload(font);
    return NULL;
}

pl_status font_open(cairo_font_face_t **face, pl_diag *diag)
{
    const char *own = getenv("PLATEAU_FONT");
    if (own && *own) {
        *face = load(own);
        if (*face) return PL_OK;
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, "name a TrueType or OpenType file, or unset it for DejaVu Sans",
                    "PLATEAU_FONT: '%s' cannot be opened as a font", own);
        return PL_ERR_USER;
    }
    for (size_t i = 0; i < PL_COUNT(places); i++) {
        if (!pl_is_file(places[i])) continue;
        *face = load(places[i]);
        if (*face) return PL_OK;
    }
    pl_diag_add(diag, PL_NOTE, (pl_place){0}, "install fonts-dejavu-core, or set PLATEAU_FONT to a font file",
                "DejaVu Sans was not found: figures use the system's sans-serif font, and their bytes depend on it");
    *face = cairo_toy_font_face_create("sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    return cairo_font_face_status(*face) ? pl_diag_nomem(diag, "loading a font") : PL_OK;
}
