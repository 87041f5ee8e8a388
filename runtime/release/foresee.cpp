#include "runtime/release/foresee.hpp"

#include "runtime/release/containers.hpp"

#include <algorithm>
#include <array>

namespace baton::release {

namespace {

/// A service as the new commit's files say it: a line of `foresee.services`.
struct wanted {
  std::string name, from, image, config_hash;

  bool is_built() const { return from.starts_with("build"); }
  bool is_published() const { return from.ends_with("image"); }
};

std::vector<wanted> wanted_of(const std::string& text) {
  std::vector<wanted> all;
  for (const auto& line : lines_of(text)) {
    std::array<std::string, 4> fields;
    std::size_t begin = 0;
    for (auto& field : fields) {
      const auto end = std::min(line.find('\t', begin), line.size());
      field = line.substr(std::min(begin, line.size()), end - std::min(begin, line.size()));
      begin = end + 1;
    }
    all.push_back({fields[0], fields[1], fields[2], fields[3]});
  }
  return all;
}

std::string change_of(const wanted& service, const std::vector<container>& running, bool rebuilds) {
  bool runs = false;
  for (const auto& one : running) {
    if (one.service != service.name)
      continue;
    runs = true;
    if (one.config_hash != service.config_hash)
      return "changed";
    // Somebody has pulled or built another image under its name.
    if (!service.image.empty() && one.image != service.image)
      return "changed";
  }
  if (!runs)
    return "new";
  return rebuilds && service.is_built() ? "rebuilt" : "same";
}

} // namespace

facts foreseen(const facts& told, bool builds) {
  facts made{{"engine", get(told, "look.engine")}, {"serves", get(told, "foresee.commit")}};
  if (auto why = get(told, "foresee.unknown"); !why.empty()) {
    made["unknown"] = std::move(why);
    return made;
  }
  if (get(told, "foresee.first") == "yes")
    made["first"] = "yes";
  if (!told.contains("foresee.services"))
    return made;
  const auto running = parse_containers(get(told, "look.containers"));
  const auto services = wanted_of(get(told, "foresee.services"));
  const bool rebuilds = builds && get(told, "foresee.commit") != get(told, "foresee.wanted");
  for (const auto& service : services) {
    const auto change = change_of(service, running, rebuilds);
    made["service." + service.name] = change;
    if (change == "same" && !builds && service.is_published())
      made["pulled"] = "yes";
  }
  for (const auto& one : running)
    if (std::none_of(services.begin(), services.end(),
                     [&](const wanted& service) { return service.name == one.service; }))
      made["service." + one.service] = "gone";
  return made;
}

} // namespace baton::release
