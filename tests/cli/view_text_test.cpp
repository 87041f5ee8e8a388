#include "cli/view/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace baton {

namespace {

constexpr std::size_t wide = 200;

TEST(printable, leaves_words_as_they_are) {
  EXPECT_EQ(printable("Übergröße · 日本語 ✔ 🚀", wide), "Übergröße · 日本語 ✔ 🚀");
  EXPECT_EQ(printable("a\tb\nc", wide), "a b c");
}

TEST(printable, takes_escape_sequences_out_whole) {
  EXPECT_EQ(printable("\x1b[31mred\x1b[0m \x1b[2J\x1b[10;10Hmoved", wide), "red moved");
  EXPECT_EQ(printable("\x1b]0;a title\atext", wide), "text");
  EXPECT_EQ(printable("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", wide), "link");
  EXPECT_EQ(printable("\x1b(B\x1b[mplain\x1b"
                      "7\x1b"
                      "8",
                      wide),
            "plain");
  EXPECT_EQ(printable("\x1bPq#0;2\x1b\\x", wide), "x");
  EXPECT_EQ(printable("cut off \x1b[3", wide), "cut off ");
  EXPECT_EQ(printable("cut off \x1b", wide), "cut off ");
  EXPECT_EQ(printable("eight-bit \xc2\x9b"
                      "31mred \xc2\x9d"
                      "0;title\x07"
                      "x",
                      wide),
            "eight-bit red x");
}

TEST(printable, never_takes_half_of_a_character_with_a_sequence) {
  EXPECT_EQ(printable("\x1b[3é", wide), "é");
  EXPECT_EQ(printable("\x1b(é", wide), "é");
  EXPECT_EQ(printable("\x1bX\x1bé", wide), "é");
  EXPECT_EQ(printable("\x1b]0;title\x1b[31mred", wide), "red");
  EXPECT_EQ(printable("\x1b[3\x1b[31mred", wide), "red");
}

TEST(printable, takes_out_controls_and_what_turns_or_hides_text) {
  EXPECT_EQ(printable("a\bb\x7f\x01"
                      "c\x07",
                      wide),
            "abc");
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "dlrow\xe2\x80\xac ok\xe2\x80\x8b!\xef\xbb\xbf",
                      wide),
            "dlrow ok!");
  EXPECT_EQ(printable("\xe2\x9a\xa0\xef\xb8\x8f", wide),
            "⚠"); // its emoji form: nobody agrees how wide
}

TEST(printable, shows_what_is_no_utf8_as_such) {
  EXPECT_EQ(printable("a\xff"
                      "b\xc0\x9b",
                      wide),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(printable("cut \xe4\xb8", wide), "cut \xef\xbf\xbd\xef\xbf\xbd");
}

TEST(printable, cuts_at_columns_not_at_bytes) {
  EXPECT_EQ(printable("abcdef", 3), "abc");
  EXPECT_EQ(printable("äöüß", 3), "äöü");
  EXPECT_EQ(printable("日本語", 5), "日本"); // half of a character is none
  EXPECT_EQ(printable("🚀🚀", 3), "🚀");
  EXPECT_EQ(printable("e\xcc\x81x", 1), "e\xcc\x81"); // an accent stays with its letter
  EXPECT_EQ(printable("abc", 0), "");
  EXPECT_EQ(columns_of("日本 é 🚀"), 9U);
}

TEST(printable, keeps_piles_of_accents_low) {
  std::string pile = "e";
  for (int i = 0; i < 1000; ++i)
    pile += "\xcc\x81";
  EXPECT_LT(printable(pile + "x", wide).size(), 12U);
}

TEST(printable, shows_ascii_alone_where_nothing_else_can_be_shown) {
  EXPECT_EQ(printable("ä 日 🚀 e\xcc\x81", wide, charset::ascii), "? ? ? e");
}

RC_GTEST_PROP(printable, never_shows_a_control_and_never_exceeds_its_columns,
              (const std::vector<unsigned char>& bytes)) {
  const auto columns = *rc::gen::inRange<std::size_t>(0, 20);
  const auto text = printable(std::string{bytes.begin(), bytes.end()}, columns);
  for (const auto c : text)
    RC_ASSERT(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  RC_ASSERT(columns_of(text) <= columns);
  RC_ASSERT(printable(text, columns) == text);
}

TEST(printable_lines, ends_each_of_them) {
  EXPECT_EQ(printable_lines("one\n\x1b[1mtwo\x1b[0m"), "one\ntwo\n");
  EXPECT_EQ(printable_lines("one\n\ntwo\n"), "one\n\ntwo\n");
  EXPECT_EQ(printable_lines(""), "");
}

TEST(wrapped, breaks_at_spaces_and_indents) {
  const std::string word(30, 'x');
  EXPECT_EQ(wrapped(word + " " + word + " " + word + "  short", 4),
            "    " + word + " " + word + "\n    " + word + " short\n");
  EXPECT_EQ(wrapped(std::string(100, 'y') + " z", 2), "  " + std::string(100, 'y') + "\n  z\n");
  EXPECT_EQ(wrapped(word + " " + word + " " + word, 1, 3),
            " " + word + " " + word + "\n    " + word + "\n");
  EXPECT_EQ(wrapped("", 2), "");
}

TEST(human_duration, is_as_exact_as_people_care) {
  using namespace std::chrono_literals;
  EXPECT_EQ(human_duration(870ms), "0.8s");
  EXPECT_EQ(human_duration(42s), "42s");
  EXPECT_EQ(human_duration(187s), "3m 07s");
  EXPECT_EQ(human_duration(3720s), "1h 02m");
  EXPECT_EQ(human_duration(-5s), "0.0s");
}

} // namespace

} // namespace baton
