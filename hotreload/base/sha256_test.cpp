#include "hotreload/base/sha256.h"

#include <sys/stat.h>

#include <cerrno>

#include <gtest/gtest.h>

#include "hotreload/base/temp_folder_test.h"

namespace hotreload {
namespace {

TEST(Sha256Test, KnownVectors) {
    EXPECT_EQ(sha256("").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256("abc").hex(),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex(),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    const std::string million(1'000'000, 'a');
    EXPECT_EQ(sha256(million).hex(),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    EXPECT_EQ(sha256("abc").short_hex(), "ba7816bf8f01");
}

TEST(Sha256Test, PiecesEqualTheWhole) {
    Sha256 hash;
    EXPECT_EQ(hash.bytes("a").bytes("").bytes("bc").finish(), sha256("abc"));
}

TEST(Sha256Test, FieldsKeepTheirBorders) {
    EXPECT_NE(Sha256().field("ab").field("c").finish(), Sha256().field("a").field("bc").finish());
    EXPECT_EQ(Sha256().field("ab").field("c").finish(), Sha256().field("ab").field("c").finish());
}

TEST(Sha256Test, HexBothWays) {
    const auto digest = sha256("abc");
    EXPECT_EQ(Digest::from_hex(digest.hex()), digest);
    EXPECT_FALSE(Digest::from_hex("ba78"));
    EXPECT_FALSE(Digest::from_hex(std::string(64, 'g')));
    EXPECT_FALSE(Digest::from_hex(std::string(64, 'A')));
}

TEST(Sha256Test, FilesAndWhatIsNone) {
    const TempFolder folder;
    const std::string large(200'000, 'x');
    EXPECT_EQ(sha256_file(folder.write("large", large)), sha256(large));
    EXPECT_EQ(sha256_file(folder.write("empty", "")), sha256(""));
    EXPECT_FALSE(sha256_file(folder.path() / "missing"));
    EXPECT_EQ(errno, ENOENT);
    EXPECT_FALSE(sha256_file(folder.path()));
    EXPECT_EQ(errno, EISDIR);
    const auto pipe = folder.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_FALSE(sha256_file(pipe));
}

}  // namespace
}  // namespace hotreload
