"""Given names that are usual in several languages, for names in columns that don't say so.

Names that are as usual for something else (a month, a colour, a town alone) aren't among them.
"""

from __future__ import annotations

from typing import Final

_NAMES: Final = """
aaron abdul abdullah abigail abraham ada adam adele adrian adriana agnes agnieszka ahmad ahmed
aisha alan albert alberto alejandra alejandro alessandra alessandro alex alexander alexandra
alexandre alexandria alexis alfred ali alice alicia alison allen allison alyssa amanda amber
amelia amina amit amy ana anastasia andre andrea andreas andrei andrew andrzej andy angel angela
angelica angie anil anita anja ann anna anne annette annie anthony antoine anton antonio april
ariana arjun arnold arthur artur ashlee ashley astrid audrey aurora austin autumn ava barbara
barry beatrice becky belinda ben benjamin bernard bernd beth bethany betty beverly bianca bill
billy bjorn bob bobby bonnie brad bradley brandi brandon brandy brenda brendan brent brett brian
briana brianna bridget brittany brittney brooke bruce bruno bryan caitlin caleb calvin cameron
camilla camille carl carla carlos carmen carol carole carolina caroline carolyn carrie casey
cassandra cassie catherine cathy cecilia chad charlene charles charlotte chelsea cheryl chloe
chris christian christie christina christine christoph christopher christy cindy claire clara
claudia clayton clifford clinton cody colin colleen connie connor corey cory courtney craig
cristina crystal curtis cynthia damien dan dana daniel daniela danielle danny darius darlene
darrell darren dave david dawn dean deanna debbie deborah debra denise dennis derek derrick
desiree destiny devin diana diane diego dieter dmitri dominic dominique don donald donna doris
dorothy doug douglas dustin dwayne dylan earl eddie edgar eduardo edward edwin eileen elaine
eleanor elena eleni eli elias elijah elizabeth ella ellen elsa emil emilia emilie emily emma
emmanuel enrique eric erica erik erika erin ernest ethan eugene eva evan evelyn ewa fabian farah
fatima felicia felix fernando florian frances francesca francesco francisco francois frank franz
fred frederick frida friedrich gabriel gabriela gabrielle gail garrett gary gavin geoffrey george
georgina gerald gina giovanni giulia giuseppe glen glenn gloria gonzalo gordon grace greg gregory
greta grzegorz guillaume guillermo gustav guy hailey haley hamza hannah hans harold harry hassan
heather heidi heinz helen helena helene helga helmut henri henrik henry herbert hiroshi holly
howard hugo hussein ian ibrahim ida igor imran ines ingrid irene irina isaac isabel isabella
isabelle ivan jack jackie jaclyn jacob jacqueline jacques jaime jake jakob jakub james jamie jan
jane janet janice jared jasmin jasmine jason javier jay jean jeanette jeff jeffery jeffrey jenna
jennifer jenny jeremiah jeremy jerome jerry jesse jessica jesus jill jim jimmy joan joann joanna
joanne joao jodi jody joe joel johanna johannes john johnathan johnny jon jonas jonathan jordan
jorge jose josef joseph josephine joshua joy joyce juan juanita judith judy julia julian juliana
julie juliette june jurgen justin kai kaitlin kaitlyn kara karen karin karina karl karla katarzyna
kate katelyn katherine kathleen kathryn kathy katie katrina kayla keith kelli kellie kelly kelsey
ken kendra kenji kenneth kerry kevin khadija khalid kim kimberly kirk kirsten klaus kristen kristi
kristie kristin kristina kristine kristy krystal krzysztof kurt kyle lance larry lars latasha
latoya laura lauren laurence laurie lawrence leah lee leila lena leo leon leonard leroy leslie
lillian linda lindsay lindsey lisa liz logan lois loretta lori lorraine louis louise luca lucas
lucia lucy luis luisa lukas luke lydia lynn mackenzie madeleine madeline magdalena makayla
malgorzata manuel marc marcel marcia marco marcos marcus margaret maria mariah mariam marian
marianne marie marilyn mario marion marisa marissa mark markus marlene martha martin martina
marvin mary maryam mateo mathew mathieu matteo matthew matthias maureen maurice max maxime maxwell
megan meghan mehmet melanie melinda melissa mia michael michal micheal michele michelle miguel
mike mikhail mindy miranda misty mitchell mohamed mohammad mohammed molly monica monika monique
morgan muhammad mustafa nadia nancy natalia natalie natasha nathan nathaniel neil nelson nicholas
nichole nick nicola nicolas nicole nikhil nikolai nina noah nora norma norman olga oliver olivia
olivier omar oscar oskar otto pablo paige pam pamela paola patricia patrick paul paula pauline
pavel pedro peggy penny peter petra phil philip philippe phillip phyllis pierre piotr priya
rachael rachel rafael rahul ralph ramon randall randy raquel raul ravi ray raymond rebecca rebekah
regina renate rene renee rhonda ricardo richard rick ricky rita robert roberta roberto robin robyn
rodney roger roland ron ronald ronnie rosa rose rosemary ross roy ruben russell ruth ryan sabine
sabrina sally salma sam samantha samuel sandra sandy sanjay sara sarah saskia savannah scott sean
sebastian selena sergei sergio seth shane shannon sharon shaun shawn sheena sheila shelby shelly
sherri sherry shirley sierra silvia simon simone sofia sonia sophia sophie spencer stacey stacie
stacy stanislaw stanley stefan stefanie stephane stephanie stephen steve steven stuart summer
sunil susan suzanne sven svetlana sydney sylvia sylvie tabitha tamara tami tammie tammy tania
tanner tanya tara tasha tatiana taylor ted terence teresa teri terrance terri terry theodore
theresa thomas thorsten tiffany tim timothy tina todd tom tomas tomasz tommy toni tony tonya
tracey traci tracie tracy travis trevor tricia troy tyler ulrich ursula valentina valerie vanessa
vera vernon veronica vicki vickie victor victoria vikram vincent vincenzo viola virginia vivian
vladimir walter wanda wayne wei wendy wesley wilhelm willie wolfgang xavier yan yasmin yolanda
yuki yusuf yvette yvonne zachary zainab zoe
"""
GIVEN_NAMES: Final = frozenset(_NAMES.split())
