/// Content types of the files that we serve, by the ends of their names.
package enum ContentType {
    package static func of(path: String) -> String {
        guard let dot = path.lastIndex(of: ".") else { return binary }
        return switch path[path.index(after: dot)...].lowercased() {
        case "html", "htm": "text/html; charset=utf-8"
        case "xhtml", "xht": "application/xhtml+xml"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "json", "map", "geojson": "application/json"
        case "xml", "xsl", "rss": "application/xml"
        case "csv": "text/csv; charset=utf-8"
        case "tsv": "text/tab-separated-values; charset=utf-8"
        case "pdf": "application/pdf"
        case "webmanifest": "application/manifest+json"
        case "svg": "image/svg+xml"
        case "gif": "image/gif"
        case "avif": "image/avif"
        case "bmp": "image/bmp"
        case "tif", "tiff": "image/tiff"
        case "mp4": "video/mp4"
        case "webm": "video/webm"
        case "mp3": "audio/mpeg"
        case "wav": "audio/wav"
        case "ogg": "audio/ogg"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "webp": "image/webp"
        case "ico": "image/x-icon"
        case "woff": "font/woff"
        case "woff2": "font/woff2"
        case "ttf": "font/ttf"
        case "wasm": "application/wasm"
        case "txt", "md", "log", "ini", "yaml", "yml": "text/plain; charset=utf-8"
        case "zip": "application/zip"
        case "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        case "gz", "tgz": "application/gzip"
        default: binary
        }
    }

    private static let binary = "application/octet-stream"
}
