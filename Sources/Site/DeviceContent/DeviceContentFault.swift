package import Domain
package import Store

/// Why a snapshot cannot be brought to a device. Each is a sentence for the person who asked.
package enum DeviceContentFault: Error, Sendable, Equatable, CustomStringConvertible {
    case noStack(Snapshot.ID)
    case stackMissing(Stack.ID)
    /// No instance and no stack has them.
    case modulesMissing([NodeModule])
    /// Larger than the vault takes.
    case tooLarge(String)
    /// What is packed changes all the time.
    case unsteady(String)
    /// The device may not have it, or it does not exist.
    case notReachable
    case vault(VaultFault)
    case store(StoreError)
    case system(String)

    package var description: String {
        switch self {
        case .noStack:
            "No stack is installed: add one, then devices can run this snapshot."
        case .stackMissing:
            "The stack of this snapshot is gone: give its devices another one in their settings, or "
                + "make the snapshot anew."
        case .modulesMissing(let modules):
            "Nothing here has \(Self.text(modules)): install it into an instance, "
                + "then devices can run this snapshot."
        case .tooLarge(let what): "\(what) is larger than 1 GB: devices cannot get it."
        case .unsteady(let what): "\(what) changed while it was read: try again."
        case .notReachable: "This is no part of what the device shall run."
        case .vault(let fault): fault.description
        case .store: "The database could not be asked: try again."
        case .system(let text): text
        }
    }

    private static func text(_ modules: [NodeModule]) -> String {
        let names = modules.prefix(5).map { "\($0.name)@\($0.version)" }.joined(separator: ", ")
        return modules.count > 5 ? "\(names) and \(modules.count - 5) more" : names
    }

    static func stored<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(DeviceContentFault) -> Value {
        do throws(StoreError) { return try await body() } catch { throw .store(error) }
    }

    static func vaulted<Value>(
        _ body: () async throws(VaultFault) -> Value
    ) async throws(DeviceContentFault) -> Value {
        do throws(VaultFault) { return try await body() } catch { throw .vault(error) }
    }
}
