# What `cmake --install` puts where (FHS), and the Debian package of it (`cpack`, `make deb`).
include(GNUInstallDirs)
set(docs "${CMAKE_INSTALL_DATADIR}/doc/baton")
set(made "${CMAKE_BINARY_DIR}/install")
set(bash_completions "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
set(zsh_completions "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions")
set(fish_completions "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")

install(TARGETS baton RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(FILES "${CMAKE_SOURCE_DIR}/schema/baton.schema.json"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/baton/schema")
install(DIRECTORY "${CMAKE_SOURCE_DIR}/grafana/" DESTINATION "${CMAKE_INSTALL_DATADIR}/baton"
  FILES_MATCHING PATTERN "*.json" PATTERN "*.yaml" PATTERN "*.yml" PATTERN "*.tmpl"
  PATTERN boards EXCLUDE)
install(DIRECTORY "${CMAKE_SOURCE_DIR}/examples" DESTINATION "${docs}" USE_SOURCE_PERMISSIONS
  PATTERN textfile EXCLUDE)
install(FILES "${CMAKE_SOURCE_DIR}/README.md" "${CMAKE_SOURCE_DIR}/docs/runbooks.md" DESTINATION "${docs}")
install(FILES "${CMAKE_SOURCE_DIR}/packaging/copyright" DESTINATION "${docs}")

# baton_made(FILE COMMAND command... DEPENDS file...): a file that is made by the build.
set(made_files)
function(baton_made file)
  cmake_parse_arguments(ARG "" "" "COMMAND;DEPENDS" ${ARGN})
  add_custom_command(OUTPUT "${file}" COMMAND ${ARG_COMMAND} DEPENDS ${ARG_DEPENDS} VERBATIM)
  set(made_files ${made_files} "${file}" PARENT_SCOPE)
endfunction()

file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/man" "${made}")
find_program(SCDOC scdoc)
find_program(GZIP gzip)
if(SCDOC)
  baton_made("${CMAKE_BINARY_DIR}/man/baton.1"
    COMMAND sh -c "\"$1\" <\"$2\" >\"$3\"" sh "${SCDOC}" "${CMAKE_SOURCE_DIR}/docs/baton.1.scd"
            "${CMAKE_BINARY_DIR}/man/baton.1"
    DEPENDS "${CMAKE_SOURCE_DIR}/docs/baton.1.scd")
  baton_made("${made}/baton.1.gz"
    COMMAND sh -c "\"$1\" -9nc \"$2\" >\"$3\"" sh "${GZIP}" "${CMAKE_BINARY_DIR}/man/baton.1" "${made}/baton.1.gz"
    DEPENDS "${CMAKE_BINARY_DIR}/man/baton.1")
  install(FILES "${made}/baton.1.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
else()
  message(STATUS "scdoc is missing: no manual page")
endif()
baton_made("${made}/changelog.gz"
  COMMAND sh -c "\"$1\" -9nc \"$2\" >\"$3\"" sh "${GZIP}" "${CMAKE_SOURCE_DIR}/CHANGELOG.md" "${made}/changelog.gz"
  DEPENDS "${CMAKE_SOURCE_DIR}/CHANGELOG.md")
configure_file("${CMAKE_SOURCE_DIR}/packaging/changelog.Debian.in" "${made}/changelog.Debian" @ONLY)
baton_made("${made}/changelog.Debian.gz"
  COMMAND sh -c "\"$1\" -9nc \"$2\" >\"$3\"" sh "${GZIP}" "${made}/changelog.Debian" "${made}/changelog.Debian.gz"
  DEPENDS "${made}/changelog.Debian")
install(FILES "${made}/changelog.gz" "${made}/changelog.Debian.gz" DESTINATION "${docs}")

# The binary knows its own commands and options best.
foreach(shell bash zsh fish)
  baton_made("${made}/baton.${shell}"
    COMMAND sh -c "\"$1\" completion \"$2\" >\"$3\"" sh "$<TARGET_FILE:baton>" "${shell}" "${made}/baton.${shell}"
    DEPENDS baton)
endforeach()
install(FILES "${made}/baton.bash" DESTINATION "${bash_completions}" RENAME baton)
install(FILES "${made}/baton.zsh" DESTINATION "${zsh_completions}" RENAME _baton)
install(FILES "${made}/baton.fish" DESTINATION "${fish_completions}")

# Part of `all` only where a package is made: a developer's build need not write completions.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_custom_target(baton_install_files ALL DEPENDS ${made_files})
else()
  add_custom_target(baton_install_files DEPENDS ${made_files})
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME baton)
set(CPACK_PACKAGE_CONTACT "The Baton authors <maintainers@baton.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "deploys a commit to the machines you own, and takes it back")
# CPack puts the summary before it and a space before each line.
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Baton hands a git commit over from staging to production to the public
machines over SSH, watches that each becomes healthy, and takes everything
back in the right order when a hand-over fails. No agent on the hosts: sshd,
a POSIX shell, git and Docker Compose are enough.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
  GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE "1~deb12")
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "openssh-client, git")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "openssh-server, busybox-static | busybox, curl")
include(CPack)
