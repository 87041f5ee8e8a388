#include "runtime/config/yaml_tree.hpp"

#include "runtime/config/text_guard.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

namespace baton {

namespace {

using node_ptr = std::shared_ptr<yaml_node>;

/// yaml-cpp counts columns in bytes from 0, people in characters from 1.
class text_lines {
public:
  explicit text_lines(std::string_view text) : text_{text} {
    starts_.push_back(0);
    for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
      starts_.push_back(at + 1);
  }

  std::string_view line(int number) const {
    const auto index = static_cast<std::size_t>(number - 1);
    if (number < 1 || index >= starts_.size())
      return {};
    const auto rest = text_.substr(starts_[index]);
    return rest.substr(0, rest.find('\n'));
  }

  yaml_mark mark(const YAML::Mark& at) const {
    if (at.is_null())
      return {1, 1};
    const auto before = line(at.line + 1).substr(0, static_cast<std::size_t>(at.column));
    const auto inner = std::ranges::count_if(
        before, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; });
    return {at.line + 1, at.column + 1 - static_cast<int>(inner)};
  }

private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

/// Ends the parsing from inside a callback.
struct refused {
  config_fault fault;
};

bool digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// As JSON writes integers: no plus, no leading zero; and not beyond 18 digits.
bool is_integer(std::string_view text) {
  if (text.starts_with('-'))
    text.remove_prefix(1);
  return digits(text) && text.size() <= 18 && (text.size() == 1 || text[0] != '0');
}

bool is_real(std::string_view text) {
  const auto dot = text.find('.');
  return dot != std::string_view::npos && dot > 0 && is_integer(text.substr(0, dot))
         && digits(text.substr(dot + 1)) && text.size() <= 32;
}

yaml_kind kind_of_plain(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return yaml_kind::null;
  if (text == "true" || text == "false")
    return yaml_kind::boolean;
  if (is_integer(text))
    return yaml_kind::integer;
  return is_real(text) ? yaml_kind::real : yaml_kind::text;
}

/// Builds the tree from the parser's events, so that a limit stops the parser itself.
class builder final : public YAML::EventHandler {
public:
  builder(const std::string& file, const text_lines& lines, const yaml_limits& limits)
      : file_{file}, lines_{lines}, limits_{limits} {}

  std::shared_ptr<const yaml_node> root() const { return root_; }
  std::vector<config_fault> take_faults() { return std::move(faults_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(started_, true))
      refuse(lines_.mark(mark), "a second document begins here", "one file describes one fleet");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto node = made(yaml_kind::null, mark);
    keep(anchor, node);
    add(node);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto at = lines_.mark(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      refuse(at, "an alias inside what it stands for", "write it out");
    add(found->second, at);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (value.size() > limits_.scalar)
      refuse(lines_.mark(mark), "a value of " + std::to_string(value.size()) + " bytes",
             "at most " + std::to_string(limits_.scalar) + " are allowed");
    const bool quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!quoted)
      refuse_tag(mark, tag);
    auto node = made(quoted ? yaml_kind::text : kind_of_plain(value), mark);
    node->text = value;
    keep(anchor, node);
    add(node);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open_.push_back({made(yaml_kind::list, mark), anchor, std::nullopt});
    check_depth(lines_.mark(mark), open_.size());
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open_.push_back({made(yaml_kind::mapping, mark), anchor, std::nullopt});
    check_depth(lines_.mark(mark), open_.size());
  }
  void OnMapEnd() override { close(); }

private:
  struct level {
    node_ptr node;
    YAML::anchor_t anchor;
    std::optional<yaml_entry> pending; ///< a key that waits for its value
  };

  [[noreturn]] void refuse(yaml_mark at, std::string what, std::string hint) const {
    throw refused{{file_, at.line, at.column, path(), std::move(what), std::move(hint)}};
  }

  /// Of the tags, `!!str` is read, `!!map` and `!!seq` are what is there anyway.
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    constexpr std::string_view usual = "tag:yaml.org,2002:";
    if (!limits_.strict || tag.empty() || tag == "?" || tag == "!")
      return;
    const auto name = tag.starts_with(usual) ? "!!" + tag.substr(usual.size()) : tag;
    if (name != "!!map" && name != "!!seq")
      refuse(lines_.mark(mark), "the tag " + name.substr(0, 40) + " means nothing here",
             "leave it out");
  }

  std::string path() const {
    std::string text;
    for (const auto& [node, anchor, pending] : open_)
      if (pending)
        text += (text.empty() ? "" : ".") + pending->key;
      else if (node->kind == yaml_kind::list)
        text += '[' + std::to_string(node->items.size()) + ']';
    constexpr std::size_t length_max = 120;
    if (text.size() <= length_max)
      return text;
    auto end = length_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
      --end;
    return text.substr(0, end) + "...";
  }

  void check_depth(yaml_mark at, std::size_t depth) const {
    if (depth > limits_.depth)
      refuse(at, "nested deeper than " + std::to_string(limits_.depth) + " levels", "");
  }

  node_ptr made(yaml_kind kind, const YAML::Mark& mark) const {
    auto node = std::make_shared<yaml_node>();
    node->kind = kind;
    node->at = lines_.mark(mark);
    return node;
  }

  void keep(YAML::anchor_t anchor, const node_ptr& node) {
    if (anchor != YAML::NullAnchor)
      anchors_[anchor] = node;
  }

  void close() {
    auto [node, anchor, pending] = std::move(open_.back());
    open_.pop_back();
    keep(anchor, node);
    add(node, node->at, false);
  }

  void add(const node_ptr& node) { add(node, node->at); }

  void add(const node_ptr& node, yaml_mark at, bool counts = true) {
    // What is inside a list or mapping was counted when it was read; an alias counts whole.
    const bool is_key =
        !open_.empty() && !open_.back().pending && open_.back().node->kind == yaml_kind::mapping;
    total_ += is_key ? 0 : counts ? node->size : 1;
    if (total_ > limits_.nodes)
      refuse(at,
             "more than " + std::to_string(limits_.nodes)
                 + " values, aliases counted as often as used",
             "split the fleet, or write less");
    check_depth(at, open_.size() + node->depth);
    if (open_.empty()) {
      root_ = node;
      return;
    }
    auto& [parent, anchor, pending] = open_.back();
    if (parent->kind == yaml_kind::list) {
      grow(*parent, *node);
      parent->items.push_back(node);
    } else if (!pending) {
      begin_entry(*node, at, pending);
    } else {
      grow(*parent, *node);
      parent->entries.push_back({std::move(pending->key), pending->at, node});
      pending.reset();
    }
  }

  static void grow(yaml_node& parent, const yaml_node& child) {
    parent.size += child.size;
    parent.depth = std::max(parent.depth, child.depth + 1);
  }

  void begin_entry(const yaml_node& key, yaml_mark at, std::optional<yaml_entry>& pending) {
    if (key.kind == yaml_kind::list || key.kind == yaml_kind::mapping)
      refuse(at, std::string{describe(key.kind)} + " cannot be a key", "keys are words");
    if (key.text.empty())
      refuse(at, "an empty key", "");
    if (key.text == "<<" && limits_.strict)
      refuse(at, "merge keys (<<) are not read", "name the anchor where each value goes");
    const auto& siblings = open_.back().node->entries;
    const auto twin = std::ranges::find(siblings, key.text, &yaml_entry::key);
    pending = yaml_entry{key.text, at, nullptr};
    if (twin != siblings.end() && limits_.strict)
      faults_.push_back({file_, at.line, at.column, path(), "duplicate key",
                         "it stands in line " + std::to_string(twin->at.line) + " already"});
  }

  const std::string& file_;
  const text_lines& lines_;
  const yaml_limits& limits_;
  std::vector<level> open_;
  std::map<YAML::anchor_t, node_ptr> anchors_;
  std::shared_ptr<const yaml_node> root_;
  std::vector<config_fault> faults_;
  std::size_t total_ = 0;
  bool started_ = false;
};

bool indented_by_tab(std::string_view line) {
  const auto indent = line.substr(0, line.find_first_not_of(" \t"));
  return indent.find('\t') != std::string_view::npos;
}

struct words_for {
  std::string_view theirs, ours, hint;
};

// What yaml-cpp says of the mistakes that people make.
const words_for syntax_words[]{
    {YAML::ErrorMsg::MAP_VALUE, "a `:` stands where no value can begin",
     "is the line indented like its neighbours? text with `: ` in it needs quotes"},
    {YAML::ErrorMsg::MAP_KEY, "a key stands where none can be", "is the line indented right?"},
    {YAML::ErrorMsg::BLOCK_ENTRY, "a list begins where none can be", "is the line indented right?"},
    {YAML::ErrorMsg::END_OF_MAP, "the mapping before this does not go on like that",
     "is the line indented like its neighbours?"},
    {YAML::ErrorMsg::END_OF_SEQ, "the list before this does not go on like that",
     "is the line indented like its neighbours?"},
    {YAML::ErrorMsg::END_OF_MAP_FLOW, "a `{` is not closed", "a comma, or `}`, is missing"},
    {YAML::ErrorMsg::END_OF_SEQ_FLOW, "a `[` is not closed", "a comma, or `]`, is missing"},
    {YAML::ErrorMsg::UNKNOWN_TOKEN, "no value can begin with this character",
     "text that begins with @, `, % or the like needs quotes"},
    {YAML::ErrorMsg::EOF_IN_SCALAR, "a quote is not closed", ""},
    {YAML::ErrorMsg::UNKNOWN_ANCHOR, "an alias (*name) of an anchor (&name) that is not there",
     "text that begins with * needs quotes"},
    {YAML::ErrorMsg::INVALID_ESCAPE, "an unknown escape in a quoted text",
     "double the backslash, or take single quotes"},
};

/// yaml-cpp's words for a tab are about maps and keys: look for it ourselves.
config_fault syntax_fault(const YAML::Exception& error, const text_lines& lines,
                          const std::string& file) {
  const auto at = lines.mark(error.mark);
  for (const int line : {at.line, at.line - 1})
    if (line > 0 && indented_by_tab(lines.line(line))) {
      const auto column = static_cast<int>(lines.line(line).find('\t')) + 1;
      return {file, line, column, "", "a tab indents this line", "YAML wants spaces"};
    }
  for (const auto& [theirs, ours, hint] : syntax_words)
    if (error.msg.starts_with(theirs))
      return {file, at.line, at.column, "", std::string{ours}, std::string{hint}};
  return {file, at.line, at.column, "", "not YAML: " + error.msg, ""};
}

config_fault byte_fault(const bad_byte& bad, std::string_view text, const std::string& file) {
  const auto before = text.substr(0, bad.offset);
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto start = before.rfind('\n');
  const auto row = start == std::string_view::npos ? before : before.substr(start + 1);
  const auto column =
      std::ranges::count_if(row,
                            [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; })
      + 1;
  return {file,
          static_cast<int>(line),
          static_cast<int>(column),
          "",
          bad.what,
          "a baton.yaml is a text file in UTF-8"};
}

} // namespace

tl::expected<std::shared_ptr<const yaml_node>, std::vector<config_fault>>
parse_yaml(std::string_view text, const std::string& file, const yaml_limits& limits) {
  using faults = std::vector<config_fault>;
  const auto one = [&](config_fault fault) {
    return tl::unexpected<faults>{faults{std::move(fault)}};
  };
  if (text.size() > limits.bytes)
    return one({file, 0, 0, "", "larger than " + std::to_string(limits.bytes >> 10) + " KiB",
                "is it the right file?"});
  if (const auto bad = find_bad_byte(text))
    return one(byte_fault(*bad, text, file));
  const text_lines lines{text};
  try {
    std::istringstream in{std::string{text}};
    YAML::Parser parser{in};
    builder tree{file, lines, limits};
    while (parser.HandleNextDocument(tree)) {
    }
    if (auto found = tree.take_faults(); !found.empty())
      return tl::unexpected<faults>{std::move(found)};
    const auto root = tree.root();
    if (!root || root->kind == yaml_kind::null)
      return one({file, 0, 0, "", "empty", "`baton init` writes one to begin with"});
    if (root->kind != yaml_kind::mapping)
      return one({file, root->at.line, root->at.column, "",
                  "a mapping of keys is wanted here, not " + std::string{describe(root->kind)},
                  "it begins with `fleet: NAME`"});
    return root;
  } catch (const refused& why) {
    return one(why.fault);
  } catch (const YAML::Exception& error) {
    return one(syntax_fault(error, lines, file));
  } catch (const std::exception& error) {
    return one({file, 0, 0, "", std::string{"cannot be read: "} + error.what(), ""});
  }
}

const yaml_node* find_key(const yaml_node& in, std::string_view key) {
  const auto found = std::ranges::find(in.entries, key, &yaml_entry::key);
  return found == in.entries.end() ? nullptr : found->value.get();
}

nlohmann::json to_json(const yaml_node& node) {
  switch (node.kind) {
  case yaml_kind::null:
    return nullptr;
  case yaml_kind::boolean:
    return node.text == "true";
  case yaml_kind::integer: {
    std::int64_t value = 0;
    std::from_chars(node.text.data(), node.text.data() + node.text.size(), value);
    return value;
  }
  case yaml_kind::real: {
    double value = 0;
    std::from_chars(node.text.data(), node.text.data() + node.text.size(), value);
    return value;
  }
  case yaml_kind::text:
    return node.text;
  case yaml_kind::list: {
    auto items = nlohmann::json::array();
    for (const auto& item : node.items)
      items.push_back(to_json(*item));
    return items;
  }
  case yaml_kind::mapping: {
    auto members = nlohmann::json::object();
    for (const auto& [key, at, value] : node.entries)
      members[key] = to_json(*value);
    return members;
  }
  }
  return nullptr;
}

std::string_view describe(yaml_kind kind) noexcept {
  switch (kind) {
  case yaml_kind::null:
    return "nothing";
  case yaml_kind::boolean:
    return "true or false";
  case yaml_kind::integer:
  case yaml_kind::real:
    return "a number";
  case yaml_kind::text:
    return "text";
  case yaml_kind::list:
    return "a list";
  case yaml_kind::mapping:
    return "a mapping";
  }
  return "nothing";
}

} // namespace baton
