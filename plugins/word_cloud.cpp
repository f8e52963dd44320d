// /wordcloud: the words and emoji of a chat as a picture. ICU cuts the words (scripts without
// spaces, too), Pango shapes them (right-to-left, emoji), and none overlaps another.

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include <pango/pangocairo.h>
#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <tgstats/plugin.hpp>

namespace {

constexpr std::int64_t days_max = 365, letters_min_max = 20, top_min = 10, top_max = 200;
constexpr std::int64_t page_texts = 5000;  // texts asked for at once
constexpr std::size_t words_max = 500'000, chunks_max = 300'000, chunk_bytes_max = 48;  // distinct

// The commonest words of English, German, Spanish, French, Italian, Portuguese, Russian and
// Ukrainian; they say nothing about a chat. Shorter ones are no words here. More by `stop_words`.
constexpr const char* stop_words = R"(
the and but then than that this these those there here are was were been being does did done doing
have has had having will would can could should shall may might must not yes from for with about
into over after before between out down off again once its it's i'm i've i'll i'd mine you your
yours you're you've him his she her hers they them their theirs they're our ours we're who whom
whose which what when where why how all any both each few more most other some such only own same
too very just now also because while until get got one like well much even still don't doesn't
didn't can't isn't wasn't won't that's there's what's let's really der die das den dem des ein eine
einen einem und oder aber nicht ist sind war ich sie wir ihr mich mir dich dir auf aus bei mit nach
von für auch noch nur schon wie dass wenn hat habe los las una unos unas pero son era ella que qué
del con por para como más muy les une mais pas est sont elle nous vous ils qui aux avec pour sur
dans cette gli uno non sono che per più come uma não são ele ela nós eles dos com что как все она
так его только мне было вот меня еще нет ему теперь когда даже если уже или быть был это)";

struct Word {
    std::string text;
    std::int64_t count = 0;
};

struct Census {
    std::vector<Word> words;            // most frequent first
    std::int64_t total = 0, texts = 0;  // all words but stop words; messages
};

struct Rules {
    std::int64_t days = 30, top = 100;
    std::int64_t letters_min = 3;  // of scripts that write words apart
    std::unordered_set<std::string> stops;
};

// Links, names and commands are no words.
bool is_address(const std::string& chunk) {
    return chunk.starts_with('@') || chunk.starts_with('/') || chunk.starts_with("www.") ||
           chunk.find("://") != chunk.npos;
}

using Tally = std::unordered_map<std::string, std::int64_t>;

// False: it is a new one, of which there are enough.
bool tally(Tally& all, const std::string& text, std::int64_t count, std::size_t distinct_max) {
    if (all.size() >= distinct_max && !all.contains(text)) return false;
    all[text] += count;
    return true;
}

// Texts are cut at spaces first, where words end in every script. What lies between two of them is
// mostly the same again and again, and ICU cuts it up once.
class Counter {
public:
    explicit Counter(const Rules& rules) : rules_(rules) {
        UErrorCode error = U_ZERO_ERROR;
        breaks_.reset(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), error));
        if (U_FAILURE(error)) throw std::runtime_error(std::string("ICU: ") + u_errorName(error));
    }

    void add(std::string_view text) {
        ++texts_;
        for (std::size_t start = 0, end = 0; start < text.size(); start = end + 1) {
            end = std::min(text.find_first_of(" \t\n", start), text.size());
            chunk_.assign(text, start, end - start);  // keeps its memory
            if (chunk_.empty()) continue;
            if (end - start > chunk_bytes_max || !tally(chunks_, chunk_, 1, chunks_max))
                cut(chunk_, 1);
        }
    }

    Census census() && {
        for (const auto& [chunk, count] : chunks_) cut(chunk, count);
        Census census;
        census.texts = texts_;
        for (const auto& [text, count] : words_) {
            census.total += count;
            census.words.push_back({text, count});
        }
        std::ranges::sort(census.words, {}, [](const Word& word) {
            return std::pair(-word.count, std::string_view(word.text));
        });
        if (census.words.size() > static_cast<std::size_t>(rules_.top))
            census.words.resize(static_cast<std::size_t>(rules_.top));
        return census;
    }

private:
    void cut(const std::string& chunk, std::int64_t count) {
        if (is_address(chunk)) return;
        const auto text = icu::UnicodeString::fromUTF8(chunk);
        breaks_->setText(text);
        for (auto from = breaks_->first(), to = breaks_->next(); to != icu::BreakIterator::DONE;
             from = to, to = breaks_->next())
            take(text.tempSubStringBetween(from, to), breaks_->getRuleStatus(), count);
    }

    void take(icu::UnicodeString piece, std::int32_t status, std::int64_t count) {
        const UChar32 first = piece.char32At(0);
        const bool emoji = status < UBRK_WORD_NONE_LIMIT &&
                           (u_hasBinaryProperty(first, UCHAR_EMOJI_PRESENTATION) ||
                            piece.indexOf(UChar(0xFE0F)) >= 0);
        if (!emoji && status < UBRK_WORD_LETTER) return;  // spaces, punctuation, numbers
        if (!emoji) {
            piece.toLower(icu::Locale::getRoot());
            piece.findAndReplace(u"\u2019", u"'");
            // Ideographs and syllables say more by the letter.
            const bool dense = status >= UBRK_WORD_KANA || uscript_hasScript(first, USCRIPT_HANGUL);
            if (piece.countChar32() < (dense ? 2 : rules_.letters_min)) return;
        }
        std::string text;
        piece.toUTF8String(text);
        if (rules_.stops.contains(text)) return;
        tally(words_, text, count, words_max);
    }

    const Rules& rules_;
    std::unique_ptr<icu::BreakIterator> breaks_;
    Tally chunks_, words_;
    std::string chunk_;
    std::int64_t texts_ = 0;
};

// Without the words, too, that the chat's administrators leave out by /stopwords.
Census take_census(const tgstats::Work& work, Rules& rules) {
    for (const auto word : work.settings()["stop_words"]) rules.stops.insert(word.as_string());
    Counter counter(rules);
    for (std::int64_t after = 0;;) {
        const auto page = work.store(
            "texts",
            tgstats::Object().set("days", rules.days).set("limit", page_texts).set("after", after));
        for (const auto text : page["texts"]) counter.add(text.as_view());
        if (page["next"].is_null()) return std::move(counter).census();
        after = page["next"].as_int();
    }
}

constexpr int width = 1600, height = 1000, header = 104, margin = 28;  // pixels
constexpr double size_max = 168, size_min = 15;
constexpr int cell = 4;      // collisions are tested on a grid of this many pixels
constexpr int air = 1;       // free cells around each word: all eight neighbours of an inked one
constexpr int ink_min = 24;  // alpha, of 255
constexpr std::array<std::uint32_t, 8> colours = {0x15538f, 0xd1495b, 0x2a9d8f, 0x6d4c9f,
                                                  0xe07a1f, 0x2c7bba, 0x3c7a3f, 0xa8326e};

template <auto Release>
using Releaser = std::integral_constant<decltype(Release), Release>;
using Surface = std::unique_ptr<cairo_surface_t, Releaser<&cairo_surface_destroy>>;
using Cairo = std::unique_ptr<cairo_t, Releaser<&cairo_destroy>>;
using Layout = std::unique_ptr<PangoLayout, Releaser<&g_object_unref>>;

void use(cairo_t* cairo, std::uint32_t colour) {
    cairo_set_source_rgb(cairo, (colour >> 16) / 255.0, (colour >> 8 & 0xffU) / 255.0,
                         (colour & 0xffU) / 255.0);
}

Layout lay_out(cairo_t* cairo, const std::string& text, double size, bool bold) {
    Layout layout(pango_cairo_create_layout(cairo));
    PangoFontDescription* font =
        pango_font_description_from_string("Noto Sans, Noto Sans CJK SC, sans-serif");
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout.get(), font);
    pango_font_description_free(font);
    pango_layout_set_single_paragraph_mode(layout.get(), true);
    pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
    return layout;
}

// A word as drawn: its pixels, where they are, and the grid cells that they need.
struct Stamp {
    Surface surface;
    int columns = 0, rows = 0;
    std::vector<std::pair<int, int>> cells;  // column, row; with air around
};

// The cells that hold any ink, widened by the air between words.
void find_cells(Stamp& stamp, int wide, int high) {
    cairo_surface_flush(stamp.surface.get());
    const auto* pixels = cairo_image_surface_get_data(stamp.surface.get());
    const int stride = cairo_image_surface_get_stride(stamp.surface.get());
    const int across = stamp.columns + 2 * air, down = stamp.rows + 2 * air;
    std::vector<char> needed(static_cast<std::size_t>(across * down));
    for (int y = 0; y < high; ++y)
        for (int x = 0; x < wide; ++x)
            for (int near = 0; pixels[y * stride + x * 4 + 3] > ink_min && near < 9; ++near)
                needed[static_cast<std::size_t>((y / cell + near / 3) * across + x / cell +
                                                near % 3)] = 1;
    for (int at = 0; at < across * down; ++at)
        if (needed[static_cast<std::size_t>(at)] != 0)
            stamp.cells.emplace_back(at % across - air, at / across - air);
}

struct Look {
    double size = 0;
    std::uint32_t colour = 0;
    bool upright = false;  // read from bottom to top
};

Stamp make_stamp(cairo_t* canvas, const Word& word, const Look& look) {
    const auto layout = lay_out(canvas, word.text, look.size, true);
    PangoRectangle ink;
    pango_layout_get_pixel_extents(layout.get(), &ink, nullptr);
    const int wide = std::max(look.upright ? ink.height : ink.width, 1) + 2;
    const int high = std::max(look.upright ? ink.width : ink.height, 1) + 2;
    Stamp stamp;
    stamp.surface.reset(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, wide, high));
    stamp.columns = (wide + cell - 1) / cell;
    stamp.rows = (high + cell - 1) / cell;
    const Cairo cairo(cairo_create(stamp.surface.get()));
    if (look.upright) {
        cairo_translate(cairo.get(), 0, high);
        cairo_rotate(cairo.get(), -G_PI_2);
    }
    cairo_move_to(cairo.get(), 1 - ink.x, 1 - ink.y);
    use(cairo.get(), look.colour);
    pango_cairo_show_layout(cairo.get(), layout.get());
    find_cells(stamp, wide, high);
    return stamp;
}

class Board {
public:
    // Looks for a free place on a spiral around the middle, nearest first.
    bool place(const Stamp& stamp, int& column, int& row) {
        const double stretch = static_cast<double>(width) / (height - header);
        for (double turn = 0; turn < spiral_end; turn += 1.0 / (1.0 + turn * 0.08)) {
            const double radius = turn * 0.55;
            column = columns / 2 + static_cast<int>(radius * stretch * std::cos(turn)) -
                     stamp.columns / 2;
            row = rows / 2 + static_cast<int>(radius * std::sin(turn)) - stamp.rows / 2;
            if (!free(stamp, column, row)) continue;
            for (const auto& [x, y] : stamp.cells) taken_[index(column + x, row + y)] = 1;
            return true;
        }
        return false;
    }

private:
    static constexpr int columns = (width - 2 * margin) / cell;
    static constexpr int rows = (height - header - margin) / cell;
    static constexpr double spiral_end = 430;
    static std::size_t index(int x, int y) { return static_cast<std::size_t>(y * columns + x); }

    bool free(const Stamp& stamp, int column, int row) const {
        if (column < air || row < air || column + stamp.columns + air > columns ||
            row + stamp.rows + air > rows)
            return false;
        return std::ranges::none_of(stamp.cells, [&](const auto& at) {
            return taken_[index(column + at.first, row + at.second)] != 0;
        });
    }

    std::vector<char> taken_ = std::vector<char>(static_cast<std::size_t>(columns * rows));
};

// Right-to-left words, emoji and ideographs are not turned; of the others, about one in five is.
bool turned(const Word& word, std::size_t rank) {
    if (rank < 3 || rank % 5 != 3) return false;
    return std::ranges::all_of(word.text, [](char c) { return static_cast<signed char>(c) > 0; });
}

void draw_title(cairo_t* cairo, const std::string& title, const std::string& below) {
    for (const auto& [text, size, y, colour, bold] :
         {std::tuple{title, 40.0, 24.0, 0x1b2433U, true},
          std::tuple{below, 22.0, 72.0, 0x6b7686U, false}}) {
        const auto layout = lay_out(cairo, text, size, bold);
        pango_layout_set_width(layout.get(), (width - 2 * margin) * PANGO_SCALE);
        pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
        use(cairo, colour);
        cairo_move_to(cairo, margin, y);
        pango_cairo_show_layout(cairo, layout.get());
    }
}

std::string draw_cloud(const Census& census, const std::string& title, const std::string& below) {
    const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
    const Cairo cairo(cairo_create(surface.get()));
    use(cairo.get(), 0xffffff);
    cairo_paint(cairo.get());
    draw_title(cairo.get(), title, below);

    Board board;
    const auto most = static_cast<double>(census.words.front().count);
    const double room =
        std::min(1.0, std::sqrt(90.0 / static_cast<double>(census.words.size())) + 0.25);
    for (std::size_t rank = 0; rank < census.words.size(); ++rank) {
        const auto& word = census.words[rank];
        const double share = std::pow(static_cast<double>(word.count) / most, 0.62);
        double size = std::max(size_min, size_max * room * share);
        for (; size >= size_min; size *= 0.88) {  // what does not fit is drawn smaller
            const Look look{size, colours[rank % colours.size()], turned(word, rank)};
            const auto stamp = make_stamp(cairo.get(), word, look);
            int column = 0, row = 0;
            if (!board.place(stamp, column, row)) continue;
            cairo_set_source_surface(cairo.get(), stamp.surface.get(), margin + column * cell,
                                     header + row * cell);
            cairo_paint(cairo.get());
            break;
        }
    }
    std::string png;
    const auto append = [](void* to, const unsigned char* data, unsigned int length) {
        static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(data), length);
        return CAIRO_STATUS_SUCCESS;
    };
    if (cairo_surface_write_to_png_stream(surface.get(), append, &png) != CAIRO_STATUS_SUCCESS)
        throw std::runtime_error("the picture cannot be written as PNG");
    return png;
}

// Takes over a number that is there, at the nearest end of its range.
void within(tgstats::Value given, std::int64_t& target, std::int64_t min, std::int64_t max) {
    target = std::clamp(given.as_int(target), min, max);
}

class WordCloudPlugin : public tgstats::CommandPlugin, public tgstats::StatisticsPlugin {
public:
    tgstats::Metadata metadata() const override {
        return {"word_cloud", "1.0.0", "The words of a chat as a picture", "tgstats", {}};
    }

    void initialize(tgstats::Context& context) override {
        const auto config = context.config();
        within(config["default_days"], rules_.days, 1, days_max);
        within(config["default_top_n"], rules_.top, top_min, top_max);
        within(config["min_word_length"], rules_.letters_min, 1, letters_min_max);
        std::istringstream words(stop_words);
        for (std::string word; words >> word;) rules_.stops.insert(word);
        for (const auto word : config["stop_words"]) rules_.stops.insert(word.as_string());
    }

    void commands(tgstats::Commands& commands) override {
        commands.add("wordcloud", "Word cloud of this chat: [days] [words]",
                     [this](tgstats::Call& call) { answer(call); });
    }

    void statistics(tgstats::Statistics& statistics) override {
        statistics.add("word_cloud", "Most used words", [this](tgstats::Query& query) {
            auto rules = rules_;
            within(query.params()["days"], rules.days, 1, days_max);
            within(query.params()["top_n"], rules.top, 1, top_max);
            const auto census = take_census(query, rules);
            tgstats::Array words;
            for (const auto& word : census.words)
                words.push(tgstats::Object().set("word", word.text).set("count", word.count));
            auto result = tgstats::Object().set("days", rules.days).set("messages", census.texts);
            query.result(result.set("total_words", census.total).set("words", std::move(words)));
        });
    }

private:
    void answer(tgstats::Call& call) {
        auto rules = rules_;
        const auto days = call.arg_int(0, rules.days, 1, days_max);
        const auto top = call.arg_int(1, rules.top, top_min, top_max);
        if (!days || !top)
            return call.reply_text("❌ Usage: /wordcloud [days 1–365] [words 10–200]");
        rules.days = days.value;
        rules.top = top.value;
        const auto census = take_census(call, rules);
        const auto days_text = days.value == 1 ? "day" : std::to_string(days.value) + " days";
        if (census.words.empty())
            return call.reply_text("There are no words in the last " + days_text + " yet.");
        const auto& [word, count] = census.words.front();
        const auto facts = "Words of the last " + days_text + " · " +
                           tgstats::grouped(census.texts) +
                           (census.texts == 1 ? " message" : " messages");
        call.reply_photo(
            draw_cloud(census, call.message()["chat"]["title"].as_string("Your words"), facts),
            "☁️ " + facts + "\nMost used: “" + word + "” (" + tgstats::grouped(count) + "×)");
    }

    Rules rules_;
};

}  // namespace

TGSTATS_PLUGIN(WordCloudPlugin)
