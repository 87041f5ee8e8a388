#include "runtime/config/view.hpp"

#include "runtime/config/paths.hpp"
#include "runtime/config/schema_path.hpp"
#include "runtime/config/units.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace baton {

namespace {

bool is_scalar(yaml_kind kind) {
  return kind != yaml_kind::list && kind != yaml_kind::mapping && kind != yaml_kind::null;
}

bool is_variable_name(const std::string& name) {
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0]))
         && std::ranges::all_of(name, [](unsigned char letter) {
              return letter < 0x80 && (std::isalnum(letter) || letter == '_');
            });
}

} // namespace

view::view(reading& shared, const yaml_node& root) : shared_{&shared}, node_{&root}, at_{root.at} {}

view::view(reading& shared, const yaml_node* node, yaml_mark at, std::string path,
           std::string generic)
    : shared_{&shared},
      node_{node},
      at_{at},
      path_{std::move(path)},
      generic_{std::move(generic)} {}

view view::operator[](std::string_view key) const {
  const auto name = std::string{key};
  auto generic = generic_.empty() ? name : generic_ + '.' + name;
  if (shared_->asked)
    shared_->asked->insert(generic);
  return child(name, std::move(generic));
}

view view::named(std::string_view name) const {
  return child(std::string{name}, generic_ + ".*");
}

view view::child(const std::string& key, std::string generic) const {
  auto path = join_path(path_, key);
  if (is(yaml_kind::mapping)) {
    const auto found = std::ranges::find(node_->entries, key, &yaml_entry::key);
    if (found != node_->entries.end())
      return {*shared_, found->value.get(), found->at, std::move(path), std::move(generic)};
  }
  return {*shared_, nullptr, at_, std::move(path), std::move(generic)};
}

std::vector<std::pair<std::string, view>> view::entries() const {
  std::vector<std::pair<std::string, view>> found;
  if (is(yaml_kind::mapping))
    for (const auto& [key, at, value] : node_->entries)
      found.emplace_back(key,
                         view{*shared_, value.get(), at, join_path(path_, key), generic_ + ".*"});
  return found;
}

std::vector<view> view::items() const {
  std::vector<view> found;
  if (is(yaml_kind::list))
    for (std::size_t i = 0; i < node_->items.size(); ++i)
      found.push_back(view{*shared_, node_->items[i].get(), node_->items[i]->at,
                           join_path(path_, i), generic_ + ".*"});
  return found;
}

void view::fault(std::string what, std::string hint) const {
  const auto at = node_ && node_->kind != yaml_kind::null ? node_->at : at_;
  shared_->faults.push_back(
      {shared_->file, at.line, at.column, path_, std::move(what), std::move(hint)});
}

void view::fault_at(const std::string& path, std::string what) const {
  // Names may hold dots: at each step the key that fits decides.
  const auto* at = node_;
  auto mark = at_;
  for (std::string_view rest = path; at && !rest.empty();) {
    const auto fits = [&](const yaml_entry& entry) {
      return rest.starts_with(entry.key)
             && (rest.size() == entry.key.size() || rest[entry.key.size()] == '.');
    };
    const auto found = std::ranges::find_if(at->entries, fits);
    if (found == at->entries.end())
      break;
    mark = found->at;
    at = found->value.get();
    rest.remove_prefix(std::min(rest.size(), found->key.size() + 1));
  }
  shared_->faults.push_back({shared_->file, mark.line, mark.column, path, std::move(what), ""});
}

const std::vector<config_fault>& view::faults() const {
  return shared_->faults;
}

bool view::has_faults_below() const {
  return std::ranges::any_of(shared_->faults, [&](const config_fault& fault) {
    return fault.path.starts_with(path_ + '.');
  });
}

void view::missing(std::string_view key, std::string hint) const {
  shared_->faults.push_back({shared_->file, at_.line, at_.column,
                             join_path(path_, std::string{key}), "missing", std::move(hint)});
}

bool view::usable_line(const std::string& text) const {
  if (text.find_first_of("\n\r\t") != std::string::npos) {
    fault("a single line without tabs is wanted");
    return false;
  }
  if (text.starts_with('-')) {
    fault("must not begin with a dash", "programs would take it for an option");
    return false;
  }
  return true;
}

void view::read(std::string& into) const {
  if (is(yaml_kind::text) && !node_->text.empty() && usable_line(node_->text))
    into = node_->text;
}

void view::read_text(std::string& into) const {
  if (is(yaml_kind::text) && !node_->text.empty())
    into = node_->text;
}

void view::read_word(std::string& into) const {
  if (is(yaml_kind::integer))
    into = node_->text;
  else
    read(into);
}

void view::read_host_path(std::string& into) const {
  std::string path;
  read(path);
  if (path.empty())
    return;
  if (!path.starts_with('/') && !path.starts_with("~/"))
    return fault("a path on a host begins with / or ~/, not \"" + path + '"',
                 "did you mean \"~/" + path + "\"?");
  into = path;
}

void view::read_controller_path(std::string& into) const {
  std::string path;
  read(path);
  if (path.empty())
    return;
  if (const auto full = controller_path(shared_->folder, path))
    into = *full;
  else
    fault("another user's home is not known here", "write the whole path");
}

void view::read(bool& into) const {
  if (is(yaml_kind::boolean))
    into = node_->text == "true";
}

void view::read(int& into) const {
  if (is(yaml_kind::integer))
    std::from_chars(node_->text.data(), node_->text.data() + node_->text.size(), into);
}

void view::read(double& into) const {
  if (is(yaml_kind::integer) || is(yaml_kind::real))
    std::from_chars(node_->text.data(), node_->text.data() + node_->text.size(), into);
}

void view::read(duration& into) const {
  if (!node_ || !is_scalar(node_->kind) || is(yaml_kind::boolean))
    return;
  const auto value = is(yaml_kind::text) ? parse_duration(node_->text) : parse_seconds(node_->text);
  if (value)
    into = *value;
  else if (is(yaml_kind::text) || !node_->text.starts_with('-'))
    fault("a length of time up to 30 days is wanted, not \"" + node_->text.substr(0, 40) + '"',
          "write it like 500ms, 10s, 5m or 1h30m");
}

void view::read_positive(duration& into) const {
  auto value = into;
  read(value);
  if (present() && value == duration::zero() && into != duration::zero())
    return fault("must be longer than nothing");
  into = value;
}

void view::read_size(std::int64_t& into) const {
  if (!is(yaml_kind::text) && !is(yaml_kind::integer))
    return;
  if (const auto bytes = parse_size(node_->text))
    into = *bytes;
  else if (is(yaml_kind::text))
    fault("a size is wanted, not \"" + node_->text.substr(0, 40) + '"',
          "write it like 10GB or 512MiB");
}

void view::read(command& into) const {
  if (is(yaml_kind::text) && !node_->text.empty())
    into = command{{}, node_->text};
  if (!is(yaml_kind::list) || node_->items.empty())
    return;
  std::vector<std::string> words;
  for (const auto& item : node_->items)
    if (is_scalar(item->kind))
      words.push_back(item->text);
  if (words.empty() || words.front().empty())
    return fault("a command begins with the name of a program");
  into = command{std::move(words), {}};
}

void view::read(std::vector<std::string>& into) const {
  if (is(yaml_kind::text) && !node_->text.empty()) {
    if (usable_line(node_->text))
      into = {node_->text};
    return;
  }
  if (!is(yaml_kind::list))
    return;
  std::vector<std::string> found;
  for (const auto& item : items()) {
    std::string text;
    item.read(text);
    if (!text.empty())
      found.push_back(std::move(text));
    else if (item.is(yaml_kind::text) && item.node_->text.empty())
      item.fault("text is wanted, not \"\"");
  }
  into = std::move(found);
}

void view::read(std::map<std::string, std::string>& into) const {
  for (const auto& [name, value] : entries()) {
    if (!is_variable_name(name))
      value.fault("a variable's name is made of letters, digits and `_`");
    else if (name.starts_with("BATON_"))
      value.fault("variables that begin with BATON_ are Baton's own");
    else if (is_scalar(value.node_->kind))
      into[name] = value.node_->text;
  }
}

} // namespace baton
