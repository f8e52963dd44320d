#include "tgstats/store/sqlite.h"

#include <unordered_map>
#include <utility>

#include <sqlite3.h>

namespace tgstats {

namespace {

constexpr int busy_timeout_ms = 5'000;
constexpr int primary_code = 0xff;  // of an extended result code

[[noreturn]] void fail(sqlite3* database, int code, std::string_view doing) {
    std::string text = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
    throw SqlError(code, text + " (while: " + std::string(doing.substr(0, 200)) + ")");
}

void check(sqlite3_stmt* statement, int code) {
    if (code != SQLITE_OK) fail(sqlite3_db_handle(statement), code, sqlite3_sql(statement));
}

}  // namespace

bool SqlError::may_pass() const {
    switch (code_ & primary_code) {
        case SQLITE_ERROR:
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
        case SQLITE_TOOBIG:
        case SQLITE_RANGE:
        case SQLITE_MISUSE:
            return false;
        default:
            return true;
    }
}

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)) {}

Statement::~Statement() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

bool Statement::step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    fail(sqlite3_db_handle(statement_), code, sqlite3_sql(statement_));
}

void Statement::run() {
    while (step()) {
    }
    reset();
}

void Statement::reset() { sqlite3_reset(statement_); }

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}
double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string_view Statement::text(int column) const {
    const auto* bytes = sqlite3_column_text(statement_, column);
    if (bytes == nullptr) return {};
    return {reinterpret_cast<const char*>(bytes),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view Statement::blob(int column) const {
    const auto* bytes = sqlite3_column_blob(statement_, column);
    if (bytes == nullptr) return {};
    return {static_cast<const char*>(bytes),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void Statement::put(int index, std::int64_t value) {
    check(statement_, sqlite3_bind_int64(statement_, index, value));
}

void Statement::put(int index, std::string_view value) {
    const char* bytes = value.data() != nullptr ? value.data() : "";
    check(statement_,
          sqlite3_bind_text64(statement_, index, bytes, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::put(int index, Blob value) {
    const char* bytes = value.bytes.data() != nullptr ? value.bytes.data() : "";
    check(statement_,
          sqlite3_bind_blob64(statement_, index, bytes, value.bytes.size(), SQLITE_STATIC));
}

void Statement::put(int index, std::nullptr_t) {
    check(statement_, sqlite3_bind_null(statement_, index));
}

struct Database::Connection {
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    ~Connection() {
        prepared.clear();
        sqlite3_close(handle);
    }

    sqlite3* handle = nullptr;
    std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, Hash, std::equal_to<>>
        prepared;
};

Database::Database(const std::filesystem::path& file)
    : connection_(std::make_unique<Connection>()) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int code = sqlite3_open_v2(file.c_str(), &connection_->handle, flags, nullptr);
    if (code != SQLITE_OK) fail(connection_->handle, code, "open " + file.string());
    sqlite3_extended_result_codes(connection_->handle, 1);
    sqlite3_busy_timeout(connection_->handle, busy_timeout_ms);
    execute(
        "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536;"
        "PRAGMA mmap_size=268435456;");
}

void Database::use_write_ahead_log() {
    // NORMAL in WAL mode survives a crash of the process without loss; a power cut may lose the
    // last commits, never order.
    execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
}

Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

void Database::execute(const std::string& sql) {
    const int code = sqlite3_exec(connection_->handle, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(connection_->handle, code, sql);
}

Statement Database::prepare(std::string_view sql) {
    const auto found = connection_->prepared.find(sql);
    if (found != connection_->prepared.end()) return Statement(found->second.get());
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v3(connection_->handle, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) fail(connection_->handle, code, sql);
    connection_->prepared.emplace(std::string(sql), statement);
    return Statement(statement);
}

int Database::changes() const { return sqlite3_changes(connection_->handle); }
std::int64_t Database::last_insert_rowid() const {
    return sqlite3_last_insert_rowid(connection_->handle);
}
bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_->handle) == 0; }

Transaction::Transaction(Database& database)
    : database_(database), open_(!database.in_transaction()) {
    if (open_) database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    if (!open_ || !database_.in_transaction()) return;
    try {
        database_.execute("ROLLBACK");
    } catch (const SqlError&) {  // SQLite rolls back by itself when the connection closes
    }
}

void Transaction::commit() {
    if (!open_) return;
    database_.execute("COMMIT");
    open_ = false;
}

}  // namespace tgstats
