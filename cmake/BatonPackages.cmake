# Everything that Debian 12 provides and Baton stands on. packaging/*.packages names the packages.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(tl-expected CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(libssh CONFIG REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto) # what libssh stands on; we hash the names in known_hosts with it
find_package(yaml-cpp CONFIG REQUIRED)
find_package(valijson CONFIG REQUIRED)
find_package(SQLiteCpp CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(CURL REQUIRED)
find_package(pugixml REQUIRED)
find_path(MUSTACHE_HEADER kainjow/mustache.hpp REQUIRED) # a header alone, in the compiler's own path
mark_as_advanced(MUSTACHE_HEADER)
pkg_check_modules(MHD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
find_package(prometheus-cpp CONFIG REQUIRED) # has no version file: name none
find_package(CAF 0.17.6 REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
