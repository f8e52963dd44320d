#pragma once
// JSON as a plugin sees it: Value reads what the host gave, Object and Array build what goes back.
// The host owns the JSON library; a plugin needs none.

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <hotreload/plugin.h>

namespace tgstats {

inline std::string_view view(hr_string text) { return {text.data, text.size}; }
inline hr_string raw(std::string_view text) { return {text.data(), text.size()}; }

// A view of one value, valid until the handler returns. Whatever is missing, or of another kind, is
// null or the default.
class Value {
public:
    class Iterator {
    public:
        Iterator(const Value* of, std::size_t index) : of_(of), index_(index) {}
        Value operator*() const { return of_->at(index_); }
        Iterator& operator++() {
            ++index_;
            return *this;
        }
        bool operator==(const Iterator& other) const { return index_ == other.index_; }

    private:
        const Value* of_;
        std::size_t index_;
    };

    Value() = default;
    Value(const hr_host* host, const hr_value* value) : host_(host), value_(value) {}

    [[nodiscard]] bool is_null() const { return kind() == HR_NULL; }
    [[nodiscard]] bool is_bool() const { return kind() == HR_BOOLEAN; }
    [[nodiscard]] bool is_int() const { return kind() == HR_INTEGER; }
    [[nodiscard]] bool is_number() const { return kind() == HR_INTEGER || kind() == HR_NUMBER; }
    [[nodiscard]] bool is_string() const { return kind() == HR_STRING; }
    [[nodiscard]] bool is_array() const { return kind() == HR_ARRAY; }
    [[nodiscard]] bool is_object() const { return kind() == HR_OBJECT; }
    explicit operator bool() const { return !is_null(); }

    // Array elements, or an object's members in order; 0 for everything else.
    [[nodiscard]] std::size_t size() const { return value_ ? host_->count(value_) : 0; }
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] Value at(std::size_t index) const {
        return value_ ? Value(host_, host_->at(value_, index)) : Value();
    }
    [[nodiscard]] Value get(std::string_view key) const {
        return value_ ? Value(host_, host_->get(value_, raw(key))) : Value();
    }
    [[nodiscard]] std::string_view key(std::size_t index) const {
        return value_ ? view(host_->key(value_, index)) : std::string_view();
    }
    Value operator[](std::string_view key) const { return get(key); }
    Value operator[](const char* key) const { return get(key); }
    template <class Index, std::enable_if_t<std::is_integral_v<Index>, int> = 0>
    Value operator[](Index index) const {
        return at(static_cast<std::size_t>(index));
    }
    [[nodiscard]] Iterator begin() const { return {this, 0}; }
    [[nodiscard]] Iterator end() const { return {this, size()}; }

    [[nodiscard]] std::int64_t as_int(std::int64_t otherwise = 0) const {
        return is_number() ? host_->integer(value_) : otherwise;
    }
    [[nodiscard]] double as_double(double otherwise = 0) const {
        return is_number() ? host_->number(value_) : otherwise;
    }
    [[nodiscard]] bool as_bool(bool otherwise = false) const {
        return is_bool() ? host_->boolean(value_) != 0 : otherwise;
    }
    [[nodiscard]] std::string as_string(std::string_view otherwise = {}) const {
        return std::string(is_string() ? view(host_->string(value_)) : otherwise);
    }
    // Without a copy: valid as long as the value.
    [[nodiscard]] std::string_view as_view(std::string_view otherwise = {}) const {
        return is_string() ? view(host_->string(value_)) : otherwise;
    }

    [[nodiscard]] const hr_value* handle() const { return value_; }

private:
    [[nodiscard]] hr_kind kind() const { return value_ ? host_->kind(value_) : HR_NULL; }

    const hr_host* host_ = nullptr;
    const hr_value* value_ = nullptr;
};

// Binary data inside a built value: travels as base64.
struct Bytes {
    std::string data;
};

// One value under construction. Made implicitly from what it holds. Its larger members are kept out
// of line: inlined into each handler they would cost the author's compiler more than the handler
// itself.
class Node {
public:
    [[gnu::noinline]] Node() {}
    [[gnu::noinline]] Node(const Node&) = default;
    [[gnu::noinline]] Node(Node&&) = default;
    [[gnu::noinline]] Node& operator=(const Node&) = default;
    [[gnu::noinline]] Node& operator=(Node&&) = default;
    [[gnu::noinline]] ~Node() {}
    Node(std::nullptr_t) {}
    template <class Number, std::enable_if_t<std::is_arithmetic_v<Number>, int> = 0>
    Node(Number number) {
        if constexpr (std::is_same_v<Number, bool>) {
            kind_ = Kind::boolean;
            integer_ = number ? 1 : 0;
        } else if constexpr (std::is_integral_v<Number>) {
            kind_ = Kind::integer;
            integer_ = static_cast<std::int64_t>(number);
        } else {
            kind_ = Kind::number;
            number_ = static_cast<double>(number);
        }
    }
    [[gnu::noinline]] Node(std::string text) : kind_(Kind::string), text_(std::move(text)) {}
    [[gnu::noinline]] Node(std::string_view text) : Node(std::string(text)) {}
    [[gnu::noinline]] Node(const char* text) : Node(std::string(text)) {}
    [[gnu::noinline]] Node(Bytes bytes) : kind_(Kind::bytes), text_(std::move(bytes.data)) {}
    // A copy of what the host gave; like every Value it must not outlive the handler.
    [[gnu::noinline]] Node(Value value) : kind_(Kind::value), value_(value) {}
    template <class Element>
    Node(const std::vector<Element>& elements) : kind_(Kind::array) {
        children_.reserve(elements.size());
        for (const auto& element : elements) children_.emplace_back(element);
    }

    [[nodiscard]] std::size_t size() const { return children_.size(); }
    [[nodiscard]] bool empty() const { return children_.empty(); }

    // The same value as the host's: it belongs to the host until it is set, pushed or returned.
    [[nodiscard, gnu::noinline]] hr_value* build(const hr_host* host) const {
        switch (kind_) {
            case Kind::null:
                break;
            case Kind::boolean:
                return host->make_boolean(host, integer_ != 0);
            case Kind::integer:
                return host->make_integer(host, integer_);
            case Kind::number:
                return host->make_number(host, number_);
            case Kind::string:
                return host->make_string(host, raw(text_));
            case Kind::bytes:
                return host->make_bytes(host, raw(text_));
            case Kind::value:
                return host->copy(host, value_.handle());
            case Kind::array: {
                hr_value* array = host->make_array(host);
                for (const Node& child : children_) host->push(array, child.build(host));
                return array;
            }
            case Kind::object: {
                hr_value* object = host->make_object(host);
                for (std::size_t i = 0; i < children_.size(); ++i) {
                    host->set(object, raw(keys_[i]), children_[i].build(host));
                }
                return object;
            }
        }
        return host->make_null(host);
    }

protected:
    enum class Kind : unsigned char {
        null,
        boolean,
        integer,
        number,
        string,
        bytes,
        value,
        array,
        object
    };

    [[gnu::noinline]] explicit Node(Kind kind) : kind_(kind) {}
    [[nodiscard, gnu::noinline]] Node* find(std::string_view key) {
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            if (keys_[i] == key) return &children_[i];
        }
        return nullptr;
    }
    [[gnu::noinline]] void put(std::string_view key, Node child) {
        if (Node* old = find(key)) {
            *old = std::move(child);
            return;
        }
        keys_.emplace_back(key);
        children_.push_back(std::move(child));
    }
    [[gnu::noinline]] void append(Node child) { children_.push_back(std::move(child)); }
    [[gnu::noinline]] void append_all(const Node& other) {
        for (const Node& child : other.children_) children_.push_back(child);
    }

private:
    Kind kind_ = Kind::null;
    std::int64_t integer_ = 0;
    double number_ = 0;
    Value value_;
    std::string text_;
    std::vector<std::string> keys_;
    std::vector<Node> children_;
};

class Object : public Node {
public:
    Object() : Node(Kind::object) {}
    [[gnu::noinline]] Object& set(std::string_view key, Node value) & {
        put(key, std::move(value));
        return *this;
    }
    [[gnu::noinline]] Object&& set(std::string_view key, Node value) && {
        put(key, std::move(value));
        return std::move(*this);
    }
    [[nodiscard]] bool has(std::string_view key) { return find(key) != nullptr; }
};

class Array : public Node {
public:
    Array() : Node(Kind::array) {}
    [[gnu::noinline]] Array& push(Node value) & {
        append(std::move(value));
        return *this;
    }
    [[gnu::noinline]] Array&& push(Node value) && {
        append(std::move(value));
        return std::move(*this);
    }
    void extend(const Array& other) { append_all(other); }
};

}  // namespace tgstats
