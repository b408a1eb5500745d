/// How a process ended.
package enum ExitStatus: Sendable, Equatable {
    case code(Int32)
    case signal(Int32)
    /// It was adopted: its status went to its parent.
    case unknown
}
