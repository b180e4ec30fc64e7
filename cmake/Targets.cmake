# Two shapes of target: a layer of the server, and a test program of one layer.

# nanomdm_layer(mdm SOURCES a.cpp … LINKS nanomdm::plist …): the library nanomdm::mdm of one folder.
# Links are private, so that a layer cannot include what it does not name.
function(nanomdm_layer name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PUBLIC_LINKS" ${ARGN})
    add_library(nanomdm_${name} STATIC ${ARG_SOURCES})
    add_library(nanomdm::${name} ALIAS nanomdm_${name})
    target_link_libraries(nanomdm_${name} PUBLIC ${ARG_PUBLIC_LINKS} PRIVATE nanomdm_flags ${ARG_LINKS})
endfunction()

# nanomdm_test(unit_mdm SOURCES a_test.cpp … LINKS nanomdm::mdm …): a GoogleTest program whose tests
# ctest runs one by one; with WHOLE as one test, for programs that start a server for all of theirs.
# Those take longest, so they start first (COST).
function(nanomdm_test name)
    cmake_parse_arguments(ARG "WHOLE" "TIMEOUT" "SOURCES;LINKS;LABELS" ${ARGN})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 60)
    endif()
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE nanomdm_flags ${ARG_LINKS} GTest::gtest GTest::gmock GTest::gtest_main)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    if(ARG_WHOLE)
        add_test(NAME ${name} COMMAND ${name})
        set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}" COST 1000)
    else()
        gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST
            PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
    endif()
endfunction()
