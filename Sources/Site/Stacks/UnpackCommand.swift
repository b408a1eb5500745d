import Basics
import CArchive
import Glibc

/// `lineside unpack <descriptor> <directory> <selection>`: the short-lived process that reads a stranger's
/// archive. Started by `UnpackProcess` only; it takes away from itself all that it does not need
/// before it reads the first byte, and answers with one line of JSON on standard output.
package enum UnpackCommand {
    /// - Returns: the exit status: 0 with an answer, else 2.
    package static func run(_ arguments: [String]) -> Int32 {
        guard arguments.count == 3, let descriptor = Int32(arguments[0]), descriptor >= 0,
            let selection = UnpackSelection(rawValue: arguments[2]),
            // Also opens libarchive, which the fences would not let in later.
            carchive_load() == 1,
            // The fences stand around one thread.
            (try? Files.list("/proc/self/task").count) == 1
        else { return 2 }
        // Names in archives are UTF-8, which libarchive asks the locale about.
        setlocale(LC_CTYPE, "C.UTF-8")
        guard chdir(arguments[1]) == 0,
            let directory = FileDescriptor(owning: carchive_open_directory("."))
        else { return 2 }
        let limits = selection.limits
        umask(0o022)
        guard carchive_confine(directory.raw, UInt64(limits.fileBytes)) == 0 else { return 2 }
        var unpacker = Unpacker(directory: directory.raw, limits: limits, selection)
        var answer = UnpackAnswer()
        do throws(UnpackFault) {
            try unpacker.unpack(descriptor)
        } catch { answer.fault = error }
        let line = answer.json
        return write(1, line, line.count) == line.count ? 0 : 2
    }
}

/// What the process that unpacks says to the one that started it. Its reader believes nothing in it
/// but the sentence: the tree is looked at again.
struct UnpackAnswer: JSONWritable {
    var fault: UnpackFault?

    init() {}

    func write(to json: inout JSONWriter) {
        json.object { json in
            switch fault {
            case nil: json.field("done", true)
            case .refused(let sentence): json.field("refused", sentence)
            case .failed(let sentence): json.field("failed", sentence)
            case .full: json.field("full", true)
            }
        }
    }

    /// `nil` for anything that the other side does not write.
    init?(_ bytes: [UInt8]) {
        guard let object = try? JSONReader.read(bytes, limit: 16_384).object,
            let (key, value) = object.members.first, object.members.count == 1
        else { return nil }
        switch (key, value) {
        case ("done", .bool(true)): fault = nil
        case ("full", .bool(true)): fault = .full
        case ("refused", .string(let sentence)): fault = .refused(sentence)
        case ("failed", .string(let sentence)): fault = .failed(sentence)
        default: return nil
        }
    }
}
