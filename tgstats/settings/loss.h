#pragma once
// What a setting would delete, and the words that ask whether it is to go.

#include "tgstats/settings/chat_view.h"
#include "tgstats/store/retention.h"

namespace tgstats {

struct Loss {
    Kept kept = Kept::text;
    std::int64_t days = 0;  // that are kept; 0: nothing is deleted for its age
    std::string before;     // a local date: what is older goes; empty: all goes
    TextPreview texts;      // where `kept` is text
    MetadataPreview rest;   // where it is metadata

    [[nodiscard]] bool nothing() const {
        return kept == Kept::text ? texts.nothing() : rest.nothing();
    }
};
// On the store's thread. By keeping for so many days only; by deleting all texts that are stored.
Loss read_loss(Store& store, std::int64_t chat_id, const RetentionWish& wish, std::int64_t now);
Loss read_stored_texts(Store& store, std::int64_t chat_id);

// HTML, one sentence: what goes, kind by kind.
std::string loss_text(const Loss& loss);
// The same of texts, as what there is: "the texts of <b>3</b> messages and <b>1</b> caption".
std::string texts_list(const TextPreview& texts);
// After the word that texts are not stored any more: " Stored from before are …"
std::string still_stored(const Loss& loss);
Page loss_page(const Loss& loss);          // asks whether that is to be deleted
Page stored_texts_page(const Loss& loss);  // of all texts

}  // namespace tgstats
