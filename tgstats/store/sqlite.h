#pragma once
// SQLite with owners: a database, prepared statements that are found again by their text, and
// transactions that roll back unless committed. Faults are exceptions (SqlError); the thread that
// uses it is the caller's business.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace tgstats {

class SqlError : public std::runtime_error {
public:
    SqlError(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
    [[nodiscard]] int code() const { return code_; }
    // Of the disk, of memory, of whoever else uses the file: the same may succeed later. Otherwise
    // the values or the statement are at fault.
    [[nodiscard]] bool may_pass() const;

private:
    int code_;
};

// Bytes that are no text; they must live until the use ends.
struct Blob {
    std::string_view bytes;
};

// One use of a prepared statement: bind, then step or run. It is reset when the use ends.
class Statement {
public:
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    // Binds the values to ?1, ?2, … in order. Texts must live until the use ends.
    template <class... Values>
    Statement& bind(const Values&... values) {
        int index = 0;
        (put(++index, values), ...);
        return *this;
    }
    template <class Value>
    void bind_at(int index, const Value& value) {
        put(index, value);
    }

    bool step();   // true: there is a row
    void run();    // to the end, rows ignored
    void reset();  // to run it again with other values

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] double real(int column) const;
    [[nodiscard]] std::string_view text(int column) const;  // until the next step; '' for NULL
    [[nodiscard]] std::string_view blob(int column) const;
    [[nodiscard]] bool is_null(int column) const;

private:
    void put(int index, std::int64_t value);
    void put(int index, int value) { put(index, std::int64_t{value}); }
    void put(int index, bool value) { put(index, std::int64_t{value}); }
    void put(int index, std::string_view value);
    void put(int index, const std::string& value) { put(index, std::string_view(value)); }
    void put(int index, const char* value) { put(index, std::string_view(value)); }
    void put(int index, Blob value);
    void put(int index, std::nullptr_t);
    template <class T>
    void put(int index, const std::optional<T>& value) {
        if (value)
            put(index, *value);
        else
            put(index, nullptr);
    }

    sqlite3_stmt* statement_;
};

class Database {
public:
    explicit Database(const std::filesystem::path& file);  // made when missing; foreign keys on
    ~Database();
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;

    void use_write_ahead_log();            // from now on: it is written into the file
    void execute(const std::string& sql);  // one or more statements without values
    // `sql` is prepared once and kept. A statement in use must not be asked for again.
    [[nodiscard]] Statement prepare(std::string_view sql);
    [[nodiscard]] int changes() const;
    [[nodiscard]] std::int64_t last_insert_rowid() const;
    [[nodiscard]] bool in_transaction() const;

private:
    struct Connection;
    std::unique_ptr<Connection> connection_;
};

// BEGIN IMMEDIATE … COMMIT; inside another transaction it does nothing, and the outer one decides.
class Transaction {
public:
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

private:
    Database& database_;
    bool open_;
};

}  // namespace tgstats
