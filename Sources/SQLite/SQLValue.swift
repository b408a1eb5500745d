package import Basics

/// One of the five kinds of value that a column holds.
package enum SQLValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

/// What can stand for a `?` in a statement.
package protocol Bindable: Sendable {
    var bound: SQLValue { get }
}

extension SQLValue: Bindable {
    package var bound: SQLValue { self }
}
extension String: Bindable {
    package var bound: SQLValue { .text(self) }
}
extension Int: Bindable {
    package var bound: SQLValue { .integer(Int64(self)) }
}
extension Int32: Bindable {
    package var bound: SQLValue { .integer(Int64(self)) }
}
extension Int64: Bindable {
    package var bound: SQLValue { .integer(self) }
}
extension Double: Bindable {
    package var bound: SQLValue { .real(self) }
}
extension Bool: Bindable {
    package var bound: SQLValue { .integer(self ? 1 : 0) }
}
extension [UInt8]: Bindable {
    package var bound: SQLValue { .blob(self) }
}
extension Timestamp: Bindable {
    package var bound: SQLValue { .integer(milliseconds) }
}
extension ByteCount: Bindable {
    package var bound: SQLValue { .integer(Int64(bytes)) }
}
extension Identifier: Bindable {
    package var bound: SQLValue { .text(text) }
}
extension Optional: Bindable where Wrapped: Bindable {
    package var bound: SQLValue { self?.bound ?? .null }
}
