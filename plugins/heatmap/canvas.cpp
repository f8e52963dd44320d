#include "canvas.h"

#include <numbers>
#include <stdexcept>

#include <pango/pangocairo.h>

namespace heatmap {

namespace {

struct Unref {
    void operator()(PangoLayout* layout) const { g_object_unref(layout); }
    void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
};
using Layout = std::unique_ptr<PangoLayout, Unref>;

Layout lay_out(cairo_t* context, const std::string& words, const TextStyle& style) {
    Layout layout(pango_cairo_create_layout(context));
    std::unique_ptr<PangoFontDescription, Unref> font(pango_font_description_new());
    // Emoji come by fallback: named here, the emoji font would draw the digits, too.
    pango_font_description_set_family_static(font.get(), "Noto Sans, sans-serif");
    pango_font_description_set_absolute_size(font.get(), style.size * PANGO_SCALE);
    pango_font_description_set_weight(font.get(),
                                      style.bold ? PANGO_WEIGHT_SEMIBOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout.get(), font.get());
    pango_layout_set_single_paragraph_mode(layout.get(), true);
    pango_layout_set_text(layout.get(), words.data(), static_cast<int>(words.size()));
    return layout;
}

}  // namespace

Canvas::Canvas(double width, double height, double scale)
    : surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width * scale),
                                          static_cast<int>(height * scale))),
      context_(cairo_create(surface_.get())) {
    if (cairo_status(context_.get()) != CAIRO_STATUS_SUCCESS) {
        throw std::runtime_error(std::string("a picture cannot be drawn: ") +
                                 cairo_status_to_string(cairo_status(context_.get())));
    }
    cairo_scale(context_.get(), scale, scale);
}

void Canvas::use(Colour colour) {
    cairo_set_source_rgb(context_.get(), colour.red, colour.green, colour.blue);
}

void Canvas::path(const Box& box, double radius) {
    constexpr double quarter = std::numbers::pi / 2;
    auto* cairo = context_.get();
    const double right = box.x + box.width - radius;
    const double bottom = box.y + box.height - radius;
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, right, box.y + radius, radius, -quarter, 0);
    cairo_arc(cairo, right, bottom, radius, 0, quarter);
    cairo_arc(cairo, box.x + radius, bottom, radius, quarter, 2 * quarter);
    cairo_arc(cairo, box.x + radius, box.y + radius, radius, 2 * quarter, 3 * quarter);
    cairo_close_path(cairo);
}

void Canvas::fill(Colour colour) {
    use(colour);
    cairo_paint(context_.get());
}

void Canvas::rounded(const Box& box, double radius, Colour colour) {
    path(box, radius);
    use(colour);
    cairo_fill(context_.get());
}

void Canvas::ring(const Box& box, double radius, double thickness, Colour colour) {
    path(box, radius);
    use(colour);
    cairo_set_line_width(context_.get(), thickness);
    cairo_stroke(context_.get());
}

void Canvas::gradient(const Box& box, double radius, Colour (*colour_at)(double share)) {
    constexpr int stops = 32;
    auto* pattern = cairo_pattern_create_linear(box.x, 0, box.x + box.width, 0);
    for (int i = 0; i <= stops; ++i) {
        const double share = static_cast<double>(i) / stops;
        const auto colour = colour_at(share);
        cairo_pattern_add_color_stop_rgb(pattern, share, colour.red, colour.green, colour.blue);
    }
    path(box, radius);
    cairo_set_source(context_.get(), pattern);
    cairo_fill(context_.get());
    cairo_pattern_destroy(pattern);
}

void Canvas::text(const Box& box, const std::string& words, const TextStyle& style) {
    const auto layout = lay_out(context_.get(), words, style);
    pango_layout_set_width(layout.get(), static_cast<int>(box.width * PANGO_SCALE));
    pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
    // The side is ours to choose, whichever way the script runs.
    pango_layout_set_auto_dir(layout.get(), false);
    pango_layout_set_alignment(layout.get(), style.align == Align::left     ? PANGO_ALIGN_LEFT
                                             : style.align == Align::centre ? PANGO_ALIGN_CENTER
                                                                            : PANGO_ALIGN_RIGHT);
    int height = 0;
    pango_layout_get_size(layout.get(), nullptr, &height);
    use(style.colour);
    cairo_move_to(context_.get(), box.x,
                  box.y + (box.height - static_cast<double>(height) / PANGO_SCALE) / 2);
    pango_cairo_show_layout(context_.get(), layout.get());
}

double Canvas::text_width(const std::string& words, const TextStyle& style) {
    int width = 0;
    pango_layout_get_size(lay_out(context_.get(), words, style).get(), &width, nullptr);
    return static_cast<double>(width) / PANGO_SCALE;
}

std::string Canvas::png() const {
    std::string bytes;
    const auto status = cairo_surface_write_to_png_stream(
        surface_.get(),
        [](void* into, const unsigned char* data, unsigned size) {
            static_cast<std::string*>(into)->append(reinterpret_cast<const char*>(data), size);
            return CAIRO_STATUS_SUCCESS;
        },
        &bytes);
    if (status != CAIRO_STATUS_SUCCESS) throw std::runtime_error(cairo_status_to_string(status));
    return bytes;
}

}  // namespace heatmap
