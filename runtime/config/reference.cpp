#include "runtime/config/reference.hpp"

#include "runtime/config/schema_check.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace baton {

namespace {

using schema_node = nlohmann::ordered_json;

constexpr std::string_view head = R"(# baton.yaml

Every key of the file that describes a fleet. This page is made from `schema/baton.schema.json`,
against which the file is checked; an editor that knows JSON Schema completes and explains the same
keys. `baton config schema` prints it, `baton check` checks a file, `baton config show --origin`
prints what holds in the end and which line says so.

The file is looked for in this order: the option `--config`, the variable `BATON_CONFIG`, then
`baton.yaml` in the current folder or one above it, up to the top of the git work tree.

## How values are written

| value | meaning |
|---|---|
| duration | `500ms`, `10s`, `5m`, `1h30m`, `2d`; a plain number is seconds; at most 30 days |
| repeat | a duration, or `never` |
| size | `10GB` (10·10⁹ bytes), `512MiB`; a plain number is bytes |
| command | a list of words that are run as they are, or one line for `sh -c` |
| words | a list of words that are run as they are |
| name | letters, digits, `.`, `_`, `-`; at most 63, the first a letter or digit |
| names | one name, or a list of them |
| guest | the number or the name of a guest of Proxmox |
| text | one line that does not begin with a dash |
| vars | `NAME: value`; numbers, true and false are taken as they are written |

A path belongs to the target that uses it. On a host it begins with `/` or `~/`. On the controller,
the machine Baton runs on, it is relative to the folder of baton.yaml, and `~/` is the home folder.

Of YAML everything is read but tags, merge keys (`<<`) and several documents. A key that stands twice
is an error. Unquoted `true`, `false`, `null` and numbers are what they look like; everything else
is text, also `no`, `on`, `0123` and `1.2.3`. Limits: 1 MiB, 10,000 values (an alias counts as often
as it is used), 64 levels, 4096 bytes a value.
)";

constexpr std::array<std::string_view, 11> plain_values{"name",   "names", "text", "duration",
                                                        "repeat", "guest", "size", "command",
                                                        "word",   "words", "vars"};

std::string ref_name(const schema_node& node) {
  const auto reference = node.value("$ref", std::string{});
  return reference.substr(reference.rfind('/') + 1);
}

bool is_plain(const std::string& name) {
  return std::ranges::find(plain_values, name) != plain_values.end();
}

/// As headings and their anchors are written.
std::string with_for_underscores(std::string name, char letter) {
  std::ranges::replace(name, '_', letter);
  return name;
}

class page {
public:
  page() : text_{head} {
    text_ += "\n## The file\n\n";
    table(config_schema());
    // Sections are found while sections are written.
    for (std::size_t i = 0; i < sections_.size(); ++i) {
      const auto name = sections_[i];
      text_ += "\n## " + with_for_underscores(name, ' ') + "\n\n";
      table(config_schema()["definitions"][name]);
    }
  }

  std::string take() { return std::move(text_); }

private:
  void table(const schema_node& of) {
    text_ += "| key | value | meaning |\n|---|---|---|\n";
    const auto required = of.value("required", std::vector<std::string>{});
    for (const auto& [key, property] : of["properties"].items()) {
      const bool must = std::ranges::find(required, key) != required.end();
      text_ += "| `" + key + "`" + (must ? " (required)" : "") + " | " + value_of(property) + " | "
               + in_a_cell(property.value("description", std::string{})) + " |\n";
    }
  }

  std::string value_of(const schema_node& property) {
    if (const auto name = ref_name(property); !name.empty())
      return is_plain(name) ? name : named(name);
    if (property.contains("enum"))
      return one_of(property["enum"]);
    if (property.contains("const"))
      return '`' + property["const"].dump() + '`';
    if (property.contains("additionalProperties") && property["additionalProperties"].is_object())
      return "NAME: " + value_of(property["additionalProperties"]);
    if (property.contains("items"))
      return "list of " + value_of(property["items"]);
    if (property.contains("type") && property["type"].is_array())
      return "text or number";
    const auto type = property.value("type", std::string{});
    return type == "boolean" ? "`true` or `false`" : type == "string" ? "text" : "number";
  }

  /// A definition: of a list, or of a mapping that has a section of its own.
  std::string named(const std::string& name) {
    const auto& node = config_schema()["definitions"][name];
    if (!node.contains("properties"))
      return value_of(node);
    if (std::ranges::find(sections_, name) == sections_.end())
      sections_.push_back(name);
    const auto link =
        '[' + with_for_underscores(name, ' ') + "](#" + with_for_underscores(name, '-') + ')';
    if (name == "retry")
      return "number of attempts, or " + link;
    return name == "environment" ? "list of stages, or " + link : link;
  }

  static std::string one_of(const schema_node& words) {
    std::string text;
    for (const auto& word : words)
      text += (text.empty() ? "`" : ", `") + word.get<std::string>() + '`';
    return text;
  }

  static std::string in_a_cell(std::string text) {
    for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
      text.insert(at, "\\");
    return text;
  }

  std::string text_;
  std::vector<std::string> sections_;
};

} // namespace

std::string configuration_reference() {
  return page{}.take();
}

} // namespace baton
