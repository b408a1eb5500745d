/// A part of the program that runs until it is cancelled.
package protocol Service: Sendable {
    /// Returns after cancellation, when everything it started has ended. A throw ends the program.
    func run() async throws
}
