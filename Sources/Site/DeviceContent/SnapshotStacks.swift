import Basics
import Domain
import Store

/// Which Node-RED a snapshot runs on where a device has no stack of its own. What was chosen once
/// stays: a stack that somebody adds later must change nothing on a device.
struct SnapshotStacks: Sendable {
    let stores: Stores

    /// What was chosen when a device first got the snapshot, else that of its version, else one
    /// with the Node-RED that it names, else that of its instance, else the newest that was there
    /// when it was made.
    /// - Returns: `nil` on a site without stacks.
    /// - Throws: `.stackMissing` for one that was chosen and is gone: another would be a surprise.
    func stack(for snapshot: Snapshot) async throws(DeviceContentFault) -> Stack? {
        if let id = try await chosen(for: snapshot) { return try await stack(id) }
        if let version = snapshot.modules.first(where: { $0.name == "node-red" })?.version,
            let stack = try await newest(before: snapshot, { $0.nodeRED == version })
        {
            return stack
        }
        if let id = try await instanceStack(of: snapshot) { return try await stack(id) }
        return try await newest(before: snapshot) { _ in true }
    }

    func stack(_ id: Stack.ID) async throws(DeviceContentFault) -> Stack {
        do throws(StoreError) { return try await stores.stacks.get(id) } catch {
            guard case .notFound = error else { throw .store(error) }
            throw .stackMissing(id)
        }
    }

    private func chosen(for snapshot: Snapshot) async throws(DeviceContentFault) -> Stack.ID? {
        do throws(StoreError) {
            if let pinned = try await stores.artifacts.pinnedStack(of: snapshot.id) {
                return pinned
            }
            guard let version = snapshot.versionID else { return nil }
            return try await stores.versions.get(version).stackID
        } catch {
            // A version may have been thinned out; its snapshot stays.
            guard case .notFound = error else { throw .store(error) }
            return nil
        }
    }

    private func instanceStack(
        of snapshot: Snapshot
    ) async throws(DeviceContentFault) -> Stack.ID? {
        guard let id = snapshot.instanceID else { return nil }
        do throws(StoreError) { return try await stores.instances.get(id).stackID } catch {
            guard case .notFound = error else { throw .store(error) }
            return nil
        }
    }

    /// The oldest of all where none was there yet.
    private func newest(
        before snapshot: Snapshot, _ fits: (Stack) -> Bool
    ) async throws(DeviceContentFault) -> Stack? {
        let stacks = try await DeviceContentFault.stored { () throws(StoreError) in
            try await stores.stacks.list(.first).items
        }.filter(fits)
        return stacks.first { $0.addedAt <= snapshot.createdAt } ?? stacks.last
    }
}
