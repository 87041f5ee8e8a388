#include "runtime/notify/render.hpp"
#include "runtime/notify/text.hpp"

#include "runtime/notify/curl_call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(a_text_of_a_message, is_counted_as_telegram_does) {
  EXPECT_EQ(utf16_units("abc"), 3u);
  EXPECT_EQ(utf16_units("\xc3\xa9"), 1u);
  EXPECT_EQ(utf16_units("\xf0\x9f\x98\x80"), 2u);
}

TEST(a_text_of_a_message, is_left_alone_where_it_fits) {
  EXPECT_EQ(cut_to_units("one\ntwo", 7), "one\ntwo");
  EXPECT_EQ(cut_to_units("", 0), "");
}

TEST(a_text_of_a_message, says_how_much_of_it_was_cut) {
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += "line\n";
  const auto cut = cut_to_units(text, 100);
  EXPECT_LE(utf16_units(cut), 100u);
  EXPECT_THAT(cut, HasSubstr("… 88 lines more\n"));
}

TEST(a_text_of_a_message, is_cut_by_what_it_costs_once_it_is_escaped) {
  const auto cut = cut_to_escaped(std::string(1000, '&'), 500);
  EXPECT_LE(with_entities(cut).size(), 500u);
  EXPECT_GT(with_entities(cut).size(), 440u);
}

TEST(this_machine, is_known_by_its_whole_name_and_by_no_beginning) {
  for (const auto* url : {"smtp://localhost", "smtp://localhost:25", "smtp://127.0.0.1:2525",
                          "smtps://127.1.2.3", "smtp://[::1]:25", "smtp://user@localhost:25"})
    EXPECT_TRUE(is_this_machine(url)) << url;
  for (const auto* url :
       {"smtp://localhost.example.com", "smtp://127.example.org", "smtp://example.org",
        "smtp://127.x@mail.example.org", "smtp://localhost@mail.example.org", "", "://"})
    EXPECT_FALSE(is_this_machine(url)) << url;
}

TEST(a_header_of_a_mail, holds_one_line_whatever_it_is_made_of) {
  EXPECT_EQ(one_line("a\r\nBcc: you\t"), "a  Bcc: you");
  EXPECT_EQ(encoded_header("plain words"), "plain words");
  EXPECT_EQ(encoded_header(std::string(900, 'x')), std::string(900, 'x'));
  EXPECT_LT(encoded_header(std::string(901, 'x')).find("\r\n "), 80u) << "998 are not taken";
  EXPECT_EQ(encoded_header("caf\xc3\xa9"), "=?UTF-8?B?Y2Fmw6k=?=");
  const auto folded = encoded_header(std::string(30, 'x') + "\xc3\xa9" + std::string(100, 'y'));
  std::size_t begin = 0;
  while (begin < folded.size()) {
    const auto end = std::min(folded.find("\r\n", begin), folded.size());
    EXPECT_LE(end - begin, 76u);
    begin = end + 2;
  }
}

TEST(a_template, that_is_none_says_why) {
  EXPECT_EQ(template_fault(""), "");
  EXPECT_EQ(template_fault("{{title}} {{#hosts}}{{host}}{{/hosts}}"), "");
  EXPECT_THAT(template_fault("{{#hosts}}"), StartsWith("is no template of mustache"));
}

TEST(a_template, leaves_out_what_means_nothing) {
  message what;
  what.title = "<t>";
  EXPECT_EQ(render("[{{nothing}}] {{title}} {{{title}}}{{^reminder}} new{{/reminder}}", what,
                   &with_entities),
            "[] &lt;t&gt; <t> new");
}

} // namespace
} // namespace baton
