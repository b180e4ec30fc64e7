// A look at every page that is in use, before anything is believed.
#pragma once

#include "migrate/bolt/page.hpp"

namespace nanomdm::migrate::bolt {

/// Walks all buckets: that pages are what they are taken for, that keys ascend, also from page to page, that
/// elements do not overlap, that no page is used twice or is free as well. Linear in the file, whatever it
/// holds; memory of one bit a page.
/// @throws Error{Errc::corrupt} naming page and offset.
void check(const Pages& pages);

} // namespace nanomdm::migrate::bolt
