import Basics
import Glibc
import Synchronization

/// The value of `Date`, made once a second.
enum DateField {
    private struct Made {
        var second = Int.min
        var text = ""
    }

    private static let made = Mutex(Made())

    static var now: String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        let second = time.tv_sec
        return made.withLock { made in
            if made.second != second {
                made.second = second
                made.text = Timestamp(milliseconds: Int64(second) * 1_000).httpDate
            }
            return made.text
        }
    }
}
