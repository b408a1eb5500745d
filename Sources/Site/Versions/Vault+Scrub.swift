import Basics
import Domain

/// What the scrub asks, file by file.
extension Vault {
    /// Files and their bytes on the disk, in one of 256 directories.
    func files(in folder: String) throws(VaultFault) -> [ContentAddress: Int] {
        var files: [ContentAddress: Int] = [:]
        do throws(SystemError) {
            try disk.each(in: folder) { name, size, _ in
                if let address = ContentAddress(hex: name) { files[address] = size }
            }
        } catch { throw VaultFault(error) }
        return files
    }

    /// Reads one file. Of a list only itself is checked and that its chunks are there: they are
    /// files of their own.
    nonisolated func check(_ address: ContentAddress) async throws(VaultFault) {
        if try await isSoundList(address) { return }
        let reader = try await open(address)
        while try await reader.next() != nil {}
    }

    private func isSoundList(_ address: ContentAddress) throws(VaultFault) -> Bool {
        guard let list = try VaultContent.list(of: address, on: disk) else { return false }
        for chunk in list.addresses where !disk.exists(VaultFile.path(chunk)) {
            throw .missing(address, chunk: chunk)
        }
        return true
    }

    /// Which of the files this content is, or is made of.
    func parts(
        of content: ContentAddress, among files: Set<ContentAddress>
    ) -> Set<ContentAddress> {
        var parts: Set<ContentAddress> = files.contains(content) ? [content] : []
        if let list = try? VaultContent.list(of: content, on: disk) {
            for chunk in list.addresses where files.contains(chunk) { parts.insert(chunk) }
        }
        return parts
    }

    /// Files that a read found damaged or missing since the last call.
    func takeSuspects() -> Set<ContentAddress> {
        defer { suspects = [] }
        return suspects
    }

    func suspect(_ fault: VaultFault) {
        guard let file = fault.file else { return }
        if suspects.count < ScrubState.most { suspects.insert(file) }
        if distrusted.count < ScrubState.most { distrusted.insert(file) }
    }
}
