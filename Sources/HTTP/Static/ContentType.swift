/// Content types of the files that we serve ourselves.
package enum ContentType {
    package static func of(path: String) -> String {
        guard let dot = path.lastIndex(of: ".") else { return binary }
        return switch path[path.index(after: dot)...] {
        case "html": "text/html; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "json", "map": "application/json"
        case "webmanifest": "application/manifest+json"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "webp": "image/webp"
        case "ico": "image/x-icon"
        case "woff2": "font/woff2"
        case "wasm": "application/wasm"
        case "txt", "md": "text/plain; charset=utf-8"
        case "gz", "tgz": "application/gzip"
        default: binary
        }
    }

    private static let binary = "application/octet-stream"
}
