#include "runtime/config/yaml_text.hpp"

#include "runtime/ascii.hpp"
#include "runtime/config/units.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace baton {

namespace {

using json_value = nlohmann::ordered_json;

constexpr std::array<std::string_view, 14> taken_words{"true", "false", "null", "True", "False",
                                                       "TRUE", "FALSE", "Null", "NULL", "yes",
                                                       "no",   "on",    "off",  "~"};

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

/// `10s`, `10GB`, `192.0.2.17`: begins like a number, and is none in any reader's eyes.
bool is_quantity_or_address(std::string_view text) {
  return parse_duration(text)
         || (is_letter(text.back()) && parse_size(text) && text.find(' ') == std::string_view::npos)
         || (std::ranges::count(text, '.') == 3 && text.size() <= 15 && !text.ends_with('.')
             && std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; }));
}

/// `-m`, `--junitxml=junit.xml`.
bool is_option(std::string_view text) {
  const auto word = text.find_first_not_of('-');
  return word != std::string_view::npos && word >= 1 && word <= 2 && is_letter(text[word]);
}

bool is_plain(std::string_view text) {
  if (text.empty() || std::ranges::find(taken_words, text) != taken_words.end())
    return false;
  const auto allowed = [](char c) {
    return is_letter(c) || is_digit(c)
           || std::string_view{"_./~@+-$=:"}.find(c) != std::string_view::npos;
  };
  const auto first = text[0];
  const bool begins = is_letter(first) || first == '.' || first == '/' || first == '_'
                      || first == '~' || first == '$' || is_option(text)
                      || (is_digit(first) && is_quantity_or_address(text));
  // A colon that is followed by nothing makes a key.
  return begins && std::ranges::all_of(text, allowed) && !text.ends_with(':');
}

/// In our file `on` is a key and never a boolean.
std::string key_text(const std::string& key) {
  return key == "on" ? key : yaml_scalar(key);
}

std::string scalar(const json_value& value) {
  return value.is_string() ? yaml_scalar(value.get<std::string>()) : value.dump();
}

bool fits_a_line(const json_value& value) {
  return value.is_array() && std::ranges::none_of(value, [](const json_value& item) {
           return item.is_structured();
         });
}

std::string in_a_line(const json_value& list) {
  std::string text;
  for (const auto& item : list)
    text += (text.empty() ? "" : ", ") + scalar(item);
  return '[' + text + ']';
}

class writer {
public:
  explicit writer(const yaml_comment& comment) : comment_{comment} {}

  void mapping(const json_value& value, const std::string& indent, bool begins_in_line) {
    bool first = begins_in_line;
    for (const auto& [key, member] : value.items()) {
      text_ += (first ? "" : indent) + key_text(key) + ':';
      first = false;
      path_.push_back(key);
      child(member, indent + "  ");
      path_.pop_back();
    }
  }

  std::string take() { return std::move(text_); }

private:
  void child(const json_value& value, const std::string& indent) {
    if (value.is_object() && !value.empty()) {
      text_ += '\n';
      mapping(value, indent, false);
    } else if (value.is_array() && !fits_a_line(value)) {
      text_ += '\n';
      list(value, indent);
    } else {
      text_ += ' ' + (value.is_array() ? in_a_line(value) : scalar(value));
      end_line();
    }
  }

  void list(const json_value& value, const std::string& indent) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      text_ += indent + "- ";
      path_.push_back(std::to_string(i));
      if (value[i].is_object() && !value[i].empty())
        mapping(value[i], indent + "  ", true);
      else {
        text_ += fits_a_line(value[i]) ? in_a_line(value[i]) : scalar(value[i]);
        end_line();
      }
      path_.pop_back();
    }
  }

  void end_line() {
    const auto words = comment_ ? comment_(path_) : std::string{};
    text_ += words.empty() ? "\n" : " # " + words + '\n';
  }

  const yaml_comment& comment_;
  std::vector<std::string> path_;
  std::string text_;
};

} // namespace

std::string yaml_scalar(std::string_view text) {
  return is_plain(text)
             ? std::string{text}
             : json_value(text).dump(-1, ' ', false, json_value::error_handler_t::replace);
}

std::string yaml_text(const nlohmann::ordered_json& value, const yaml_comment& comment) {
  writer out{comment};
  out.mapping(value, "", false);
  return out.take();
}

} // namespace baton
