/// Why the broker did not do what it was to do.
package enum BrokerFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// There is no connection to it; what was changed holds as soon as there is.
    case away
    /// One sentence.
    case refused(String)
    /// What the disk says.
    case disk(String)

    package var description: String {
        switch self {
        case .away: "The broker is not there at the moment."
        case .refused(let reason): "The broker refused: \(reason)."
        case .disk(let reason): reason
        }
    }
}
