// What pgJDBC tells of the views of a schema and what it reads from them, as lines of fields between tabs:
//
//     view    NAME  REMARKS
//     column  VIEW  NAME  JDBC-TYPE  TYPE  SIZE  DIGITS  NULLABLE  REMARKS
//     result  VIEW  NAME  CLASS  PRECISION  SCALE        the column of a result set, and what getObject() gives
//     row     VIEW  VALUE ...
//
// usage: java -cp postgresql.jar Views.java URL USER SCHEMA, the password being in PGPASSWORD

import java.io.PrintStream;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.JDBCType;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

public class Views {
    private static PrintStream out;

    private static void print(Object... fields) {
        List<String> texts = new ArrayList<>();
        for (Object field : fields) {
            texts.add(field == null ? "\\N"
                : field.toString().replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n"));
        }
        out.println(String.join("\t", texts));
    }

    private static String jdbcType(int type) {
        return JDBCType.valueOf(type).getName();
    }

    private static void printColumns(DatabaseMetaData metadata, String schema, String view) throws Exception {
        try (ResultSet c = metadata.getColumns(null, schema, view.replace("_", "\\_"), "%")) {
            while (c.next()) {
                print("column", view, c.getString("COLUMN_NAME"), jdbcType(c.getInt("DATA_TYPE")),
                      c.getString("TYPE_NAME"), c.getInt("COLUMN_SIZE"), c.getInt("DECIMAL_DIGITS"),
                      c.getString("IS_NULLABLE"), c.getString("REMARKS"));
            }
        }
    }

    private static void printRows(Connection connection, String schema, String view) throws Exception {
        try (Statement statement = connection.createStatement();
             ResultSet r = statement.executeQuery("SELECT * FROM \"" + schema + "\".\"" + view + "\"")) {
            ResultSetMetaData m = r.getMetaData();
            int n = m.getColumnCount();
            String[] classes = new String[n];
            while (r.next()) {
                Object[] fields = new Object[n + 2];
                fields[0] = "row";
                fields[1] = view;
                for (int i = 1; i <= n; i++) {
                    fields[i + 1] = r.getString(i);
                    Object object = r.getObject(i);
                    if (object != null) {
                        classes[i - 1] = object.getClass().getName();
                    }
                }
                print(fields);
            }
            for (int i = 1; i <= n; i++) {
                print("result", view, m.getColumnName(i), classes[i - 1], m.getPrecision(i), m.getScale(i));
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        out = new PrintStream(System.out, true, "UTF-8");
        String schema = arguments[2];
        String password = System.getenv("PGPASSWORD");
        try (Connection connection = DriverManager.getConnection(arguments[0], arguments[1], password)) {
            connection.setReadOnly(true);
            DatabaseMetaData metadata = connection.getMetaData();
            List<String> views = new ArrayList<>();
            try (ResultSet t = metadata.getTables(null, schema, "%", new String[] {"VIEW"})) {
                while (t.next()) {
                    views.add(t.getString("TABLE_NAME"));
                    print("view", t.getString("TABLE_NAME"), t.getString("REMARKS"));
                }
            }
            for (String view : views) {
                printColumns(metadata, schema, view);
                printRows(connection, schema, view);
            }
        }
    }
}
