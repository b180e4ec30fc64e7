# What `cmake --install` puts where.
if(TARGET nanomdm)
    install(TARGETS nanomdm RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
endif()
if(TARGET nanomdm-simulator)
    install(TARGETS nanomdm-simulator RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
