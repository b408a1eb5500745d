import Basics
package import Domain
package import Store
import Synchronization

/// What devices may fetch: what their own manifests reach, and nothing else.
package final class DeviceContents: Sendable {
    /// Chunks in one request.
    package static let mostChunks = 256
    /// Manifests of which it is known what they reach; 100 KB each.
    private static let mostKnown = 64

    /// All that a manifest names, however deep.
    private struct Reach: Sendable {
        var contents: Set<ContentAddress> = []
        var chunks: Set<ContentAddress> = []
    }

    private let vault: Vault
    private let artifacts: ArtifactStore
    private let known = Mutex<[ContentAddress: Reach]>([:])

    package init(vault: Vault, artifacts: ArtifactStore) {
        self.vault = vault
        self.artifacts = artifacts
    }

    /// - Parameter also: a manifest that the device was told of beside those that its row names.
    /// - Throws: `.notReachable`.
    package func chunks(
        of content: ContentAddress, for device: Device.ID, also: ContentAddress? = nil
    ) async throws(DeviceContentFault) -> ContentChunks {
        let reaches = try await reaches(of: device, also)
        guard reaches.contains(where: { $0.contents.contains(content) }) else {
            throw .notReachable
        }
        return try await DeviceContentFault.vaulted { () throws(VaultFault) in
            try await vault.chunks(of: content)
        }
    }

    /// - Throws: `.notReachable` where the device may not have one of them.
    package func require(
        _ chunks: [ContentAddress], for device: Device.ID, also: ContentAddress? = nil
    ) async throws(DeviceContentFault) {
        let reaches = try await reaches(of: device, also)
        guard chunks.allSatisfy({ chunk in reaches.contains { $0.chunks.contains(chunk) } })
        else { throw .notReachable }
    }

    /// `digest (32) length (4, big-endian) bytes`, as the file of the vault holds the chunk.
    package func frame(
        of chunk: ContentAddress
    ) async throws(DeviceContentFault) -> [UInt8] {
        let bytes = try await DeviceContentFault.vaulted { () throws(VaultFault) in
            try await vault.file(of: chunk)
        }
        var frame = Hex.decode(chunk.hex) ?? []
        for shift in [24, 16, 8, 0] {
            frame.append(UInt8(truncatingIfNeeded: bytes.count >> shift))
        }
        return frame + bytes
    }

    /// Chunks that may come along with a document: the manifest and its flows, where they are small.
    /// - Parameter limit: of all of them, in bytes.
    package func inline(
        _ manifest: ContentAddress, limit: Int = DesiredDocument.inlineLimit
    ) async throws(DeviceContentFault) -> [ContentAddress: [UInt8]] {
        var found: [ContentAddress: [UInt8]] = [:]
        var left = limit
        for content in [manifest, try await names(in: manifest).flows] {
            let list = try await DeviceContentFault.vaulted { () throws(VaultFault) in
                try await vault.chunks(of: content)
            }
            // A list itself cannot come along: such flows are fetched.
            guard list.chunks.count == 1, list.chunks[0].digest == content else { break }
            let bytes = try await DeviceContentFault.vaulted { () throws(VaultFault) in
                try await vault.file(of: content)
            }
            guard bytes.count <= left else { break }
            left -= bytes.count
            found[content] = bytes
        }
        return found
    }

    // MARK: Reach

    private func reaches(
        of device: Device.ID, _ also: ContentAddress?
    ) async throws(DeviceContentFault) -> [Reach] {
        var manifests = try await DeviceContentFault.stored { () throws(StoreError) in
            try await artifacts.manifests(of: device)
        }
        if let also { manifests.insert(also) }
        var found: [Reach] = []
        for manifest in manifests { found.append(try await reach(of: manifest)) }
        return found
    }

    private func reach(
        of manifest: ContentAddress
    ) async throws(DeviceContentFault) -> Reach {
        if let reach = known.withLock({ $0[manifest] }) { return reach }
        var reach = Reach()
        let (flows, trees) = try await names(in: manifest)
        for content in [manifest, flows] + trees {
            let list = try await DeviceContentFault.vaulted { () throws(VaultFault) in
                try await vault.chunks(of: content)
            }
            reach.contents.insert(content)
            reach.chunks.formUnion(list.chunks.map(\.digest))
        }
        let made = reach
        known.withLock { known in
            if known.count >= Self.mostKnown { known.removeAll() }
            known[manifest] = made
        }
        return reach
    }

    private func names(
        in manifest: ContentAddress
    ) async throws(DeviceContentFault) -> (flows: ContentAddress, trees: [ContentAddress]) {
        let bytes = try await DeviceContentFault.vaulted { () throws(VaultFault) in
            try await vault.read(manifest)
        }
        guard let object = try? JSONReader.read(bytes, limit: bytes.count).object,
            let flows = object["flows"]?["digest"]?.string.flatMap(ContentAddress.init(hex:))
        else { throw .vault(.damaged(manifest)) }
        let trees = (object["trees"]?.array ?? []).compactMap { tree in
            tree["digest"]?.string.flatMap(ContentAddress.init(hex:))
        }
        return (flows, trees)
    }
}
