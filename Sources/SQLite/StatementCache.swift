/// A statement that can sit in a dictionary.
package final class CachedStatement {
    package var statement: Statement
    /// Between binding and reset: a nested use of the same text gets a statement of its own.
    package var isBusy = false

    init(_ statement: consuming Statement) { self.statement = statement }
}

/// The statements of one connection by their text. The texts are constants of the code, so it
/// does not grow without end.
final class StatementCache {
    var statements: [String: CachedStatement] = [:]
}
