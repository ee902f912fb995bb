# What `./dev package` puts into a .deb.
include(GNUInstallDirs)
install(TARGETS verba RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# The program writes its own completions.
foreach(shell bash zsh fish)
  install(CODE "execute_process(COMMAND $<TARGET_FILE:verba> completion ${shell}
    OUTPUT_FILE ${CMAKE_BINARY_DIR}/completion.${shell} COMMAND_ERROR_IS_FATAL ANY)")
endforeach()
install(FILES ${CMAKE_BINARY_DIR}/completion.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME verba)
install(FILES ${CMAKE_BINARY_DIR}/completion.zsh
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _verba)
install(FILES ${CMAKE_BINARY_DIR}/completion.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME verba.fish)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/manual DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DOCDIR} USE_SOURCE_PERMISSIONS
  PATTERN .verba EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME verba)
set(CPACK_PACKAGE_CONTACT "Verba Cratis maintainers <maintainers@verbacratis.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Deploys graphs of manifests with any tool, and records what it did")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "git, openssh-client, curl, libcurl4, util-linux")
include(CPack)
