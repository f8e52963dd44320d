#include "tgstats/http/form.h"

#include <gtest/gtest.h>

namespace tgstats::http {
namespace {

constexpr auto form_type = "multipart/form-data; boundary=\"XX\"";

TEST(PercentDecode, DecodesEscapesAndPlus) {
    EXPECT_EQ(percent_decode("a%20b+c", true), "a b c");
    EXPECT_EQ(percent_decode("a+b", false), "a+b");
    EXPECT_EQ(percent_decode("%f0%9F%98%80", false), "\xF0\x9F\x98\x80");
}

TEST(PercentDecode, RefusesBrokenEscapesAndNul) {
    for (const auto* text : {"%", "%1", "%zz", "a%0", "%00"})
        EXPECT_FALSE(percent_decode(text, true)) << text;
}

TEST(PercentEncode, RoundTrips) {
    const std::string text = "a b&c=d/\xC3\xA9";
    EXPECT_EQ(percent_encode(text), "a%20b%26c%3Dd%2F%C3%A9");
    EXPECT_EQ(percent_decode(percent_encode(text), true), text);
}

TEST(Urlencoded, ReadsPairsInOrder) {
    const auto params = parse_urlencoded("chat_id=-100&text=a%26b+c&&empty=&flag&chat_id=2");
    ASSERT_TRUE(params);
    EXPECT_EQ(params->size(), 5U);
    EXPECT_EQ(params->integer("chat_id"), -100);
    EXPECT_EQ(params->get("text"), "a&b c");
    EXPECT_EQ(params->find("empty"), "");
    EXPECT_EQ(params->find("flag"), "");
    EXPECT_FALSE(params->find("absent"));
    EXPECT_FALSE(params->integer("text"));
}

TEST(Urlencoded, IsBounded) {
    std::string many;
    for (std::size_t i = 0; i <= form_fields_max; ++i) many += "a=1&";
    EXPECT_FALSE(parse_urlencoded(many));
}

TEST(Multipart, ReadsFieldsAndFiles) {
    using namespace std::string_literals;  // the file's data holds a NUL
    const auto body =
        "preamble\r\n--XX\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n42\r\n"
        "--XX  \r\ncontent-disposition: form-data; name=\"photo\"; filename=\"a \\\"b\\\".png\"\r\n"
        "Content-Type: image/png\r\n\r\n\r\n--X\r\n--\0z\r\n--XX\r\n"
        "Content-Disposition: form-data; name=empty\r\n\r\n\r\n--XX--\r\nepilogue"s;
    const auto parts = parse_multipart(form_type, body);
    ASSERT_TRUE(parts) << parts.error();
    ASSERT_EQ(parts->size(), 3U);
    EXPECT_EQ((*parts)[0].name, "chat_id");
    EXPECT_EQ((*parts)[0].data, "42");
    EXPECT_FALSE((*parts)[0].filename);
    EXPECT_EQ((*parts)[1].filename, "a \"b\".png");
    EXPECT_EQ((*parts)[1].content_type, "image/png");
    EXPECT_EQ((*parts)[1].data, std::string("\r\n--X\r\n--\0z", 11));
    EXPECT_EQ((*parts)[2].name, "empty");
    EXPECT_EQ((*parts)[2].data, "");
}

TEST(Multipart, PrefersTheEncodedFilename) {
    const auto parts =
        parse_multipart("multipart/form-data; boundary=XX",
                        "--XX\r\nContent-Disposition: form-data; name=\"d\"; filename=\"x\"; "
                        "filename*=UTF-8''%C3%A9.txt\r\n\r\nhi\r\n--XX--");
    ASSERT_TRUE(parts) << parts.error();
    EXPECT_EQ((*parts)[0].filename, "\xC3\xA9.txt");
}

TEST(Multipart, RefusesWhatIsNotOne) {
    const auto error = [](const char* type, const std::string& body) {
        const auto parts = parse_multipart(type, body);
        return parts ? std::string("parsed") : parts.error();
    };
    EXPECT_EQ(error("multipart/form-data", "--XX--"), "the form's Content-Type names no boundary");
    EXPECT_EQ(error(form_type, "no boundary here"), "the form does not hold its boundary");
    EXPECT_EQ(error(form_type, "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\ntext"),
              "the form ends early");
    EXPECT_EQ(error(form_type, "--XX\r\n\r\ntext\r\n--XX--"), "a part of the form has no name");
    EXPECT_EQ(error(form_type, "--XXtail\r\n\r\ntext\r\n--XX--"),
              "a boundary of the form is followed by other text");
    const std::string long_header(part_header_bytes_max, 'h');
    EXPECT_EQ(error(form_type, "--XX\r\nX: " + long_header + "\r\n\r\ntext\r\n--XX--"),
              "a part of the form has no end of its headers");
}

TEST(Multipart, IsKnownByItsType) {
    EXPECT_TRUE(is_multipart("Multipart/Form-Data; boundary=x"));
    EXPECT_FALSE(is_multipart("application/json"));
}

}  // namespace
}  // namespace tgstats::http
