#include "runtime/secrets/secret_version.hpp"

#include "runtime/secrets/secret_file.hpp"

namespace baton {

namespace {

constexpr std::size_t version_digits = 16;

} // namespace

expected<std::string> version_of(const std::vector<place_content>& all) {
  if (all.empty())
    return std::string{};
  const auto key = digest_key_of("version of secrets");
  if (!key)
    return tl::unexpected{key.error()};
  std::string whole;
  for (const auto& one : all)
    // Digests are of one length: no two lists read alike.
    whole += keyed_digest(*key, one.place->to) + keyed_digest(*key, *one.text);
  return keyed_digest(*key, whole).substr(0, version_digits);
}

} // namespace baton
