package import Domain

/// Where the pages' origin takes files from.
package protocol FileSource: Sendable {
    func open(_ path: FilePath, of id: Instance.ID) async throws(FileFault) -> OpenedFile
}

extension FilesKeeper: FileSource {}
