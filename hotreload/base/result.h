#pragma once
// Expected outcomes are values: Result<T, E> holds either a T or the E that says why there is none.

#include <boost/system/result.hpp>

namespace hotreload {

template <class T, class E>
using Result = boost::system::result<T, E>;

// Result{in_place_error, …} where a bare value could be taken for either side.
using boost::system::in_place_error;
using boost::system::in_place_value;

}  // namespace hotreload
