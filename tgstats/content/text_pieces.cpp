#include "tgstats/content/text_pieces.h"

#include <algorithm>
#include <limits>
#include <memory>

#include <unicode/brkiter.h>
#include <unicode/unistr.h>

#include "tgstats/content/text_atoms.h"
#include "tgstats/content/text_units.h"

namespace tgstats {
namespace {

using Kind = TextAtom::Kind;

constexpr std::size_t cluster_context = 64;  // atoms looked at around a cut inside a word
constexpr auto nowhere = std::numeric_limits<std::size_t>::max();

class Cutter {
public:
    Cutter(std::vector<TextAtom> atoms, PieceSizes sizes)
        : atoms_(std::move(atoms)), size_(sizes.first), rest_(sizes.rest) {}

    std::vector<TextPiece> cut_all() {
        while (at_ < atoms_.size()) {
            auto piece = take_piece();
            if (piece.units == 0) continue;
            pieces_.push_back(std::move(piece));
            size_ = rest_;
        }
        if (pieces_.empty()) pieces_.emplace_back();
        return std::move(pieces_);
    }

private:
    TextPiece take_piece() {
        TextPiece piece;
        for (const auto tag : open_) piece.source += tag;
        for (; at_ < atoms_.size() && (atoms_[at_].blank() || atoms_[at_].units() == 0); ++at_)
            if (atoms_[at_].blank())
                unit_ += atoms_[at_].units();
            else
                emit(atoms_[at_], piece);
        piece.begin = unit_;
        const auto end = end_of_piece();
        for (; at_ < end; ++at_) {
            emit(atoms_[at_], piece);
            piece.units += atoms_[at_].units();
        }
        unit_ += piece.units;
        for (auto tag = open_.rbegin(); tag != open_.rend(); ++tag)
            piece.source += "</" + tag_name(*tag) + ">";
        return piece;
    }

    void emit(const TextAtom& atom, TextPiece& piece) {
        if (atom.kind == Kind::open) open_.push_back(atom.source);
        if (atom.kind == Kind::close) open_.pop_back();
        piece.source += atom.source;
    }

    // The first atom that belongs to the next piece.
    [[nodiscard]] std::size_t end_of_piece() const {
        std::size_t units = 0;
        std::size_t line = nowhere;
        std::size_t word = nowhere;
        for (auto at = at_; at < atoms_.size(); ++at) {
            const auto& atom = atoms_[at];
            if (units + atom.units() > size_) {
                if (atom.kind == Kind::line_end) return at;
                if (line != nowhere) return line;
                if (atom.kind == Kind::space) return at;
                return word != nowhere ? word : cluster_end(at);
            }
            units += atom.units();
            if (atom.kind == Kind::line_end) line = at + 1;
            if (atom.kind == Kind::space) word = at + 1;
        }
        return atoms_.size();
    }

    // The last place up to `at`, within this piece, that is not inside of a character as people see
    // it; `at` itself when there is none near.
    [[nodiscard]] std::size_t cluster_end(std::size_t at) const {
        const auto from = at - std::min(at - at_, cluster_context);
        const auto to = std::min(at + cluster_context, atoms_.size());
        icu::UnicodeString around;
        std::vector<std::int32_t> places;  // of the atoms in `around`
        for (auto i = from; i < to; ++i) {
            places.push_back(around.length());
            if (atoms_[i].code_point != 0)
                around.append(static_cast<UChar32>(atoms_[i].code_point));
        }
        auto status = U_ZERO_ERROR;
        const std::unique_ptr<icu::BreakIterator> clusters(
            icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
        if (U_FAILURE(status) != 0) return at;
        clusters->setText(around);
        for (auto i = at; i > from; --i)
            if (clusters->isBoundary(places[i - from]) != 0) return i;
        return std::max(at, at_ + 1);
    }

    std::vector<TextAtom> atoms_;
    std::vector<TextPiece> pieces_;
    std::vector<std::string_view> open_;  // the tags that are open where the next piece begins
    std::size_t at_ = 0;                  // its first atom
    std::size_t unit_ = 0;                // and how much text is before it
    std::size_t size_;
    std::size_t rest_;
};

std::optional<std::vector<TextAtom>> atoms_of(std::string_view text, Markup markup) {
    if (markup == Markup::html) return html_atoms(text);
    return markup == Markup::markdown ? markdown_atoms(text) : plain_atoms(text);
}

}  // namespace

std::optional<std::vector<TextPiece>> text_pieces(std::string_view text, Markup markup,
                                                  PieceSizes sizes) {
    auto atoms = atoms_of(text, markup);
    if (!atoms) return std::nullopt;
    return Cutter(std::move(*atoms), sizes).cut_all();
}

}  // namespace tgstats
