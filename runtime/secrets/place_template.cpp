#include "runtime/secrets/place_template.hpp"

#include <kainjow/mustache.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <exception>
#include <set>

namespace baton {

namespace {

namespace mustache = kainjow::mustache;

constexpr std::size_t name_size_max = 80;
constexpr std::size_t names_told_max = 5;

/// Says what is known, and notes what was asked for in vain.
class known_names : public mustache::basic_context<std::string> {
public:
  explicit known_names(const place_names& names) {
    for (const auto& [name, value] : names.values)
      known_.emplace(name, mustache::data{value});
  }

  void push(const mustache::data*) override {}
  void pop() override {}
  const mustache::data* get(const std::string& name) const override {
    const auto found = known_.find(name);
    if (found != known_.end())
      return &found->second;
    unknown_.insert(name);
    return nullptr;
  }
  const mustache::data* get_partial(const std::string& name) const override {
    unknown_.insert("> " + name);
    return nullptr;
  }

  const std::set<std::string>& unknown() const { return unknown_; }

private:
  std::map<std::string, mustache::data> known_;
  mutable std::set<std::string> unknown_; // get is const
};

/// A name as somebody would write one. Anything else may be a piece of a secret.
bool is_presentable(std::string_view name) {
  return !name.empty() && name.size() <= name_size_max
         && std::ranges::all_of(name, [](unsigned char c) {
              return c < 0x80 && (std::isalnum(c) || c == '_' || c == '.' || c == '-');
            });
}

std::string why_unknown(const std::string& name, const place_names& names) {
  if (!is_presentable(name))
    return "something between {{ and }} is no name";
  const auto shown = "{{" + name + "}}";
  if (const auto found = names.unsaid.find(name); found != names.unsaid.end())
    return shown + " has no value here: " + found->second;
  if (name.starts_with("vars."))
    return shown + ": that host has no such variable in `vars`";
  return shown + " means nothing; known are host, address, user, stage, environment and vars.NAME";
}

std::string why_unknown(const std::set<std::string>& unknown, const place_names& names) {
  std::string text;
  std::size_t told = 0;
  for (const auto& name : unknown) {
    if (told++ == names_told_max)
      return text + "; and more";
    (text += text.empty() ? "" : "; ") += why_unknown(name, names);
  }
  return text;
}

/// `Unclosed section "name" at 17` as `unclosed section in line 2`: the name may be anything.
std::string why_invalid(const std::string& message, const std::string& text) {
  const auto at = message.rfind(" at ");
  auto what = message.substr(0, std::min(message.find(" \""), at));
  if (!what.empty())
    what[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(what[0])));
  std::size_t position = 0;
  if (at != std::string::npos)
    std::from_chars(message.data() + at + 4, message.data() + message.size(), position);
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(position, text.size()));
  return what + " in line " + std::to_string(1 + std::count(text.begin(), end, '\n'));
}

} // namespace

tl::expected<std::string, std::string> fill_in(const std::string& text, const place_names& names) {
  try {
    mustache::mustache whole{text};
    if (!whole.is_valid())
      return tl::unexpected{why_invalid(whole.error_message(), text)};
    whole.set_custom_escape([](const std::string& value) { return value; });
    known_names known{names};
    auto made = whole.render(known);
    if (!known.unknown().empty())
      return tl::unexpected{why_unknown(known.unknown(), names)};
    return made;
  } catch (const std::exception&) {
    return tl::unexpected{std::string{"it cannot be read as a template"}};
  }
}

} // namespace baton
