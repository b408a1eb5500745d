import Basics
import Glibc

/// What a command says: answers on standard output, everything else on standard error.
enum Output {
    static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// As it is.
    static func text(_ text: String) { write(text, to: STDOUT_FILENO) }

    static func complain(_ text: String) { write("lineside: \(text)\n", to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { part in
                Glibc.write(descriptor, part.baseAddress, part.count)
            }
            if count < 0 {
                if errno == EINTR { continue }
                // A reader that went away (`| head`) wants no more.
                return
            }
            written += count
        }
    }
}
