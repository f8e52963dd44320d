#pragma once
// The one way the project spells Asio: awaitable functions on one loop thread, errors as values.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hotreload {

namespace asio = boost::asio;

template <class T = void>
using Task = asio::awaitable<T>;

// co_await op.async_x(..., as_values) gives std::tuple<error_code, ...> instead of throwing.
inline constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

}  // namespace hotreload
