package import Basics
package import Domain
package import Store

/// Why a stack was not added, found or removed. Each is a sentence for the person who asked.
package enum StackFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The archive is damaged, hostile or larger than allowed.
    case refused(String)
    /// The archive is sound but holds no Node-RED that could run here.
    case unsuitable(String)
    case notFound(Stack.ID)
    /// - Parameter by: as `StackStore.uses` says it.
    case inUse(name: String, by: [String])
    /// No space left; nothing was kept.
    case full
    case store(StoreError)
    case system(SystemError)

    package var description: String {
        switch self {
        case .refused(let sentence), .unsuitable(let sentence): sentence
        case .notFound: "There is no such stack."
        case .inUse(let name, let users):
            "\(name) is used by \(users.joined(separator: ", ")): "
                + "give \(users.count == 1 ? "it" : "them") another stack first."
        case .store(.conflict(let sentence)): sentence
        case .store(.full), .full:
            "There is not enough space on the disk for this stack; nothing of it was kept. "
                + "Free some space and add it again."
        case .store: "The stack could not be written to the database: try again."
        case .system(let error): "The stack could not be stored: \(error)."
        }
    }

    init(_ error: SystemError) { self = error.isFull ? .full : .system(error) }

    static func attempt<Value>(
        _ body: () throws(SystemError) -> Value
    ) throws(StackFault) -> Value {
        do throws(SystemError) { return try body() } catch { throw StackFault(error) }
    }
}
