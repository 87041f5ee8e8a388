#include "runtime/config/schema_path.hpp"

#include "runtime/config/schema_check.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace baton {

namespace {

std::optional<std::size_t> as_index(const std::string& step) {
  std::size_t index = 0;
  const auto* end = step.data() + step.size();
  const auto [stop, error] = std::from_chars(step.data(), end, index);
  return error == std::errc{} && stop == end ? std::optional{index} : std::nullopt;
}

constexpr std::size_t key_length_max = 64;

/// One line, and not a page of it.
std::string printable(const std::string& key) {
  std::string text;
  for (const char letter : key.substr(0, key_length_max))
    text += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
  // A cut letter of UTF-8 goes whole.
  while (key.size() > key_length_max && !text.empty()
         && (static_cast<unsigned char>(text.back()) & 0x80) != 0)
    text.pop_back();
  return key.size() > key_length_max ? text + "…" : text;
}

} // namespace

schema_path schema_path::from_valijson(const std::vector<std::string>& context) {
  schema_path path;
  for (const auto& step : context)
    if (step.size() >= 2 && step.front() == '[' && step.back() == ']')
      path.steps.push_back(step.substr(1, step.size() - 2));
  return path;
}

schema_path operator+(schema_path path, std::string step) {
  path.steps.push_back(std::move(step));
  return path;
}

location locate(const yaml_node& root, const schema_path& path) {
  location here{&root, root.at};
  for (const auto& step : path.steps) {
    if (here.value->kind == yaml_kind::mapping) {
      const auto found = std::ranges::find(here.value->entries, step, &yaml_entry::key);
      if (found == here.value->entries.end())
        return {};
      here = {found->value.get(), found->at};
      continue;
    }
    const auto index = as_index(step);
    if (!index || *index >= here.value->items.size())
      return {};
    here.value = here.value->items[*index].get();
    here.at = here.value->at;
  }
  return here;
}

const nlohmann::ordered_json& resolve_schema(const nlohmann::ordered_json& node) {
  const auto* now = &node;
  while (now->contains("$ref")) {
    const auto reference = (*now)["$ref"].get<std::string>();
    now = &config_schema().at(nlohmann::ordered_json::json_pointer{reference.substr(1)});
  }
  return *now;
}

const nlohmann::ordered_json* schema_at(const nlohmann::ordered_json& schema,
                                        const schema_path& path) {
  const auto* now = &resolve_schema(schema);
  for (const auto& step : path.steps) {
    const nlohmann::ordered_json* next = nullptr;
    if (now->contains("properties") && (*now)["properties"].contains(step))
      next = &(*now)["properties"][step];
    else if (now->contains("additionalProperties") && (*now)["additionalProperties"].is_object())
      next = &(*now)["additionalProperties"];
    else if (now->contains("items") && as_index(step))
      next = &(*now)["items"];
    if (!next)
      return nullptr;
    now = &resolve_schema(*next);
  }
  return now;
}

std::string join_path(const std::string& path, const std::string& key) {
  const bool plain = !key.empty() && std::ranges::all_of(key, [](unsigned char letter) {
    return std::isalnum(letter) || letter == '_' || letter == '-' || letter >= 0x80;
  });
  if (!plain || key.size() > key_length_max)
    return path + "[\"" + printable(key) + "\"]";
  return path.empty() ? key : path + '.' + key;
}

std::string join_path(const std::string& path, std::size_t index) {
  return path + '[' + std::to_string(index) + ']';
}

std::string to_text(const schema_path& path) {
  std::string text;
  for (const auto& step : path.steps)
    text = as_index(step) ? join_path(text, *as_index(step)) : join_path(text, step);
  return text;
}

} // namespace baton
