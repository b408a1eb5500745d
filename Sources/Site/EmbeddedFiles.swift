import CAssets

/// The files inside the executable: web page, our JavaScript for Node-RED, recipes.
package enum EmbeddedFiles {
    /// The bytes live as long as the process.
    package static func file(_ path: String) -> UnsafeRawBufferPointer? {
        let files = UnsafeBufferPointer(start: cassets_files(), count: cassets_count())
        guard let file = files.first(where: { String(cString: $0.path) == path }) else {
            return nil
        }
        return UnsafeRawBufferPointer(start: file.bytes, count: file.count)
    }
}
