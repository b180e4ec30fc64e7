# Language standard, warnings and sanitizers, the same for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

add_library(nanomdm_flags INTERFACE)
target_compile_options(nanomdm_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
target_include_directories(nanomdm_flags INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)

if(NANOMDM_SANITIZE)
    add_compile_options(-fsanitize=${NANOMDM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${NANOMDM_SANITIZE})
    if(NANOMDM_SANITIZE MATCHES thread)
        add_compile_options(-Wno-tsan) # g++ 12 warns of Asio's fences, which TSan does not model
    endif()
endif()
if(NANOMDM_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()
