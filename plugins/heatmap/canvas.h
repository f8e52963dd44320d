#pragma once
// A picture to draw on, in logical pixels: Cairo for shapes, Pango for text in any script.

#include <cairo.h>

#include <memory>
#include <string>

namespace heatmap {

struct Colour {
    double red = 0;
    double green = 0;
    double blue = 0;
};
constexpr Colour rgb(unsigned hex) {
    return {((hex >> 16) & 0xff) / 255.0, ((hex >> 8) & 0xff) / 255.0, (hex & 0xff) / 255.0};
}

struct Box {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
};

enum class Align { left, centre, right };

struct TextStyle {
    double size = 12;
    Colour colour = {};
    bool bold = false;
    Align align = Align::left;
};

class Canvas {
public:
    Canvas(double width, double height, double scale);

    void fill(Colour colour);
    void rounded(const Box& box, double radius, Colour colour);
    void ring(const Box& box, double radius, double thickness, Colour colour);
    // A horizontal gradient from one colour per stop, evenly spaced.
    void gradient(const Box& box, double radius, Colour (*colour_at)(double share));
    // One line, in the middle of the box's height; what is too long ends in an ellipsis.
    void text(const Box& box, const std::string& words, const TextStyle& style);
    [[nodiscard]] double text_width(const std::string& words, const TextStyle& style);
    [[nodiscard]] std::string png() const;

private:
    struct Destroy {
        void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
        void operator()(cairo_t* context) const { cairo_destroy(context); }
    };
    void path(const Box& box, double radius);
    void use(Colour colour);

    std::unique_ptr<cairo_surface_t, Destroy> surface_;
    std::unique_ptr<cairo_t, Destroy> context_;
};

}  // namespace heatmap
