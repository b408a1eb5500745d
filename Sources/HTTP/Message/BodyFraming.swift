/// How the end of a body is found.
package enum BodyFraming: Sendable, Equatable {
    case none
    /// In bytes; never negative.
    case length(Int64)
    case chunked
    /// Answers only: to the end of the connection.
    case untilClose

    package var declaredLength: Int64? {
        switch self {
        case .none: 0
        case .length(let count): count
        case .chunked, .untilClose: nil
        }
    }
}
