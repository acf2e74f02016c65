/** The frame around every page, in the manner of a bank's site that has grown for twenty years. */

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A whole page. The odd markup (old doctype, layout tables, unclosed tags, script text that looks like markup) is on purpose. */
export function layout(title: string, body: string, loggedInAs?: string): string {
  return `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd">
<HTML lang="ja">
<HEAD>
<META http-equiv="Content-Type" content="text/html; charset=Shift_JIS">
<META name="robots" content="noindex,nofollow">
<TITLE>${escape(title)}｜つばめダイレクト</TITLE>
<SCRIPT type="text/javascript">
<!--
var busy = false; /* <p class="error">セッションがタイムアウトしました</p> */
function once(f) { if (busy) { alert("処理中です。しばらくお待ちください。"); return false; } busy = true; return true; }
if (1 < 2) { document.title = document.title + "</td>"; }
//-->
</SCRIPT>
</HEAD>
<BODY bgcolor=#FFFFFF>
<!-- ヘッダー <table class="kouza"><tr class="kouza-row"></tr></table> -->
<TABLE width="760" border=0 cellspacing=0 cellpadding=0 align=center summary="">
<TR><TD><FONT color="#003399" size="+1"><B>つばめ銀行</B></FONT>&nbsp;<SMALL>つばめダイレクト</SMALL>
<TD align=right>${loggedInAs ? `${escape(loggedInAs)}&nbsp;様&emsp;<A href="/ib/logout">ログアウト</A>` : '&nbsp;'}
</TABLE>
<HR>
<DIV id="main">
${body}
</DIV>
<HR>
<P align="center"><SMALL>金融機関コード：０９９９　登録金融機関　東海財務局長(登金)第９９９号<BR>Copyright &copy; Tsubame Bank, Ltd.</SMALL>
</BODY>
</HTML>
`;
}
